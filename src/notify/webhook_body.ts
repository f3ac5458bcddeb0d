import type { Notice, Origin } from "./notifier.ts";
import { plainText } from "./rich_text.ts";

/** What a webhook is sent. Names and meanings stay; new names may come. */
export interface WebhookBody {
  readonly id: string;
  /** Type of the event: `deploy-succeeded`. */
  readonly event: string;
  readonly level: "info" | "warn" | "error";
  /** Whether it is more than good to know. */
  readonly important: boolean;
  /** When it happened, RFC 3339. */
  readonly time: string;
  readonly host: string;
  /** `server`, `assets` or `container`. */
  readonly command: string;
  /** Name of the application, when it has one. */
  readonly app?: string;
  readonly workdir: string;
  /** The version that it is about, when it is about one. */
  readonly version?: string;
  /** For people, without markup. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly hook?: WebhookHook;
  /** Further values of the event. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** Version of dewy itself. */
  readonly dewy: string;
}

/** How a hook ended. */
export interface WebhookHook {
  readonly when: "before" | "after";
  readonly command: string;
  readonly "exit_code": number;
  readonly "duration_ms": number;
  readonly "timed_out": boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Returns what a webhook is sent of a message. */
export function webhookBody(notice: Notice, origin: Origin): WebhookBody {
  const { hint, version, details } = notice;
  const { app } = origin;
  const hook = hookOf(notice);
  return {
    id: notice.id,
    event: notice.event,
    level: notice.level,
    important: notice.kind !== "normal",
    time: new Date(notice.time).toISOString(),
    host: origin.host,
    command: origin.command,
    ...(app === undefined ? {} : { app }),
    workdir: origin.workdir,
    ...(version === undefined ? {} : { version }),
    message: plainText(notice.text),
    ...(hint === undefined ? {} : { hint }),
    ...(hook === undefined ? {} : { hook }),
    ...(details === undefined ? {} : { details }),
    dewy: origin.version,
  };
}

function hookOf({ hook }: Notice): WebhookHook | undefined {
  if (hook === undefined) return undefined;
  const { when, command, exitCode, durationMs, timedOut, stdout, stderr } =
    hook;
  return {
    when,
    command,
    "exit_code": exitCode,
    "duration_ms": Math.round(durationMs),
    "timed_out": timedOut,
    stdout,
    stderr,
  };
}
