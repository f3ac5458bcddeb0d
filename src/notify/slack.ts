import { ConfigError, SourceError } from "../base/errors.ts";
import { booleanOption, type DriverUrl, parseDriverUrl } from "../base/url.ts";
import { isLoopback } from "./loopback.ts";
import type { Notice, Notifier, NotifierContext } from "./notifier.ts";
import { attachmentOf, ICON_URL } from "./slack_attachment.ts";
import { postMessage, type SlackForm, SlackRefusal } from "./slack_api.ts";

const API_URL = "https://slack.com/api";
/** Where the original posts when no channel is named. */
const DEFAULT_CHANNEL = "randam";
const OPTIONS = ["title", "url", "quiet", "thread"];

/** Posts messages to a channel of Slack. */
export class SlackNotifier implements Notifier {
  readonly name: string;
  readonly quiet: boolean;
  readonly inThread: boolean;
  readonly #url: DriverUrl;
  readonly #channel: string;
  readonly #token: string;
  readonly #api: URL;
  readonly #hostname: string;
  readonly #warn: NotifierContext["warn"];
  /** One that Slack does not take messages for. */
  #lostThread: string | undefined;

  /**
   * @throws {ConfigError} When the URL is bad, there is no `SLACK_TOKEN`, or
   * `SLACK_API_URL` would have it sent in the clear.
   */
  constructor(text: string, { origin, env, warn }: NotifierContext) {
    const url = parseSlackUrl(text);
    const channel = url.host.replaceAll("%23", "#") + url.path;
    this.#url = url;
    this.#channel = channel.replace(/^#/, "") || DEFAULT_CHANNEL;
    this.name = `slack://${this.#channel}`;
    this.quiet = booleanOption(url, "quiet");
    this.inThread = booleanOption(url, "thread");
    this.#token = tokenOf(env);
    this.#api = apiOf(env);
    this.#hostname = origin.host;
    this.#warn = warn;
  }

  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    const thread = this.inThread ? await notice.thread : undefined;
    const isTaken = thread !== undefined &&
      await this.#reply(notice, thread, signal);
    if (isTaken) return;
    await postMessage(this.#api, this.#formOf(notice, undefined), signal);
  }

  /** Returns whether the thread takes the message. */
  async #reply(
    notice: Notice,
    thread: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (thread === this.#lostThread) return false;
    try {
      await postMessage(this.#api, this.#formOf(notice, thread), signal);
      return true;
    } catch (error) {
      if (!(error instanceof SlackRefusal) || !error.isOfThread) throw error;
      this.#lostThread = thread;
      const lost = new SourceError(
        "not-found",
        `Cannot answer the message "${thread}" in "${this.#channel}", its messages go to the channel: ${error.message}`,
        { hint: "Look which message .slack-thread-ts of the release names" },
      );
      this.#warn?.(this.name, lost);
      return false;
    }
  }

  #formOf(notice: Notice, thread: string | undefined): SlackForm {
    const { options } = this.#url;
    const attachment = attachmentOf(notice, {
      hostname: this.#hostname,
      title: options.get("title"),
      url: options.get("url"),
    });
    return {
      token: this.#token,
      channel: this.#channel,
      username: "Dewy",
      icon_url: ICON_URL,
      attachments: JSON.stringify([attachment]),
      ...(thread === undefined ? {} : { thread_ts: thread }),
      // Nobody watches a thread for errors.
      ...(thread !== undefined && notice.level === "error"
        ? { reply_broadcast: "true" }
        : {}),
    };
  }
}

/** Reads the URL; `slack://#channel` and `slack://?title=x` are taken too. */
function parseSlackUrl(text: string): DriverUrl {
  const plain = text.trim().replace(/^(slack:\/\/)#/i, "$1")
    .replace(/^(slack:\/\/)(?=\?|$)/i, `$1${DEFAULT_CHANNEL}`);
  return parseDriverUrl(plain, { what: "notifier", options: OPTIONS });
}

function tokenOf(env: Readonly<Record<string, string>>): string {
  const token = env["SLACK_TOKEN"]?.trim() ?? "";
  if (token !== "") return token;
  throw new ConfigError("Cannot notify Slack: SLACK_TOKEN is not set", {
    hint:
      "Set it to a bot token (xoxb-…) with the scopes chat:write and chat:write.customize",
  });
}

function apiOf(env: Readonly<Record<string, string>>): URL {
  const text = env["SLACK_API_URL"] || API_URL;
  const url = URL.parse(text);
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url !== null && isSafe) return url;
  throw new ConfigError(
    "Cannot notify Slack: SLACK_API_URL must begin with https://",
    { hint: "The token would go over the network in the clear" },
  );
}
