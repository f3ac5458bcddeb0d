import { SourceError } from "../base/errors.ts";
import { type HttpAnswer, httpPost } from "./http_post.ts";

/** Slack's refusals that are over by themselves. */
const PASSING = new Set([
  "fatal_error",
  "internal_error",
  "rate_limited",
  "ratelimited",
  "request_timeout",
  "service_unavailable",
]);

/** What to do about a refusal; each is a code of the method chat.postMessage. */
const HINTS: Readonly<Record<string, string>> = {
  "account_inactive": "The app or its user was removed: make a new SLACK_TOKEN",
  "channel_not_found":
    "Check the channel in --notifier; invite the bot when it is a private one",
  "invalid_auth": "Check SLACK_TOKEN: it must be a bot token (xoxb-…)",
  "is_archived": "The channel is archived: name another one in --notifier",
  "missing_scope":
    "Give the app the scopes chat:write and chat:write.customize, and install it again",
  "not_authed": "Set SLACK_TOKEN to a bot token (xoxb-…)",
  "not_in_channel": "Invite the bot into the channel: /invite @NAME",
  "token_expired": "Make a new SLACK_TOKEN",
  "token_revoked": "Make a new SLACK_TOKEN",
};

/** Refusals of the message that is answered, and of nothing else: it is gone, or none that can be answered. */
const OF_THREADS = new Set([
  "cannot_reply_to_message",
  "invalid_thread_ts",
  "message_not_found",
  "restricted_action_non_threadable_channel",
  "restricted_action_thread_locked",
  "thread_not_found",
]);

/** Slack does not take a message. */
export class SlackRefusal extends SourceError {
  /** Whether it would be taken in the channel. */
  readonly isOfThread: boolean;

  constructor(
    reason: string,
    options: { readonly retryAfterMs: number; readonly hint?: string },
  ) {
    const code = PASSING.has(reason) ? "unavailable" : "denied";
    super(code, `Slack refuses the message: ${reason}`, options);
    this.isOfThread = OF_THREADS.has(reason);
  }
}

/** A message as chat.postMessage takes it. */
export type SlackForm = Readonly<Record<string, string>>;

/**
 * Calls chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage).
 *
 * @throws {SlackRefusal} When Slack answers so.
 * @throws {SourceError} `unavailable` when there is no answer of Slack.
 */
export async function postMessage(
  base: URL,
  form: SlackForm,
  signal: AbortSignal,
): Promise<void> {
  const answer = await httpPost({
    receiver: `Slack (${base.host})`,
    url: new URL(`${base.pathname.replace(/\/$/, "")}/chat.postMessage`, base),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  }, signal);
  const { status, retryAfterMs } = answer;
  if (status === 429 || status >= 500) {
    throw new SourceError("unavailable", `Slack answered ${status}`, {
      retryAfterMs,
    });
  }
  const code = refusalOf(answer);
  if (code !== undefined) throw refusal(code, answer);
}

/** Slack answers 200 to what it refuses, too. */
function refusalOf({ status, text }: HttpAnswer): string | undefined {
  const answer = parse(text);
  if (answer === undefined) return `status ${status} and no JSON`;
  if (answer.ok === true) return undefined;
  return typeof answer.error === "string" ? answer.error : `status ${status}`;
}

function refusal(code: string, { retryAfterMs }: HttpAnswer): SlackRefusal {
  const hint = Object.hasOwn(HINTS, code) ? HINTS[code] : undefined;
  return new SlackRefusal(code, {
    retryAfterMs,
    ...(hint === undefined ? {} : { hint }),
  });
}

function parse(
  text: string,
): { readonly ok?: unknown; readonly error?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
