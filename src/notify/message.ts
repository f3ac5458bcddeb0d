import { DewyError } from "../base/errors.ts";
import { errorText } from "../base/error_text.ts";
import { formatDuration } from "../base/duration.ts";
import type { DeployEvent, HookResult } from "../base/event.ts";
import type { FormerRuns } from "./run_log.ts";
import { rich, type RichText } from "./rich_text.ts";

/**
 * Who gets a message: `normal` nobody who asked for quiet, `hook` those only
 * when the hook failed, `important` and `error` everyone.
 */
export type MessageKind = "normal" | "important" | "hook" | "error";

/** What an event means for people. */
export interface Message {
  readonly kind: MessageKind;
  readonly level: "info" | "warn" | "error";
  readonly text: RichText;
  /** What to do about it, as a sentence. */
  readonly hint?: string | undefined;
  /** The version it is about. */
  readonly version?: string | undefined;
  /** For a result of a hook. */
  readonly hook?: HookResult;
  /** Further values, for programs. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** What may come again and again: it is told a few times, and then not until it was quiet. */
  readonly topic?: string;
  /**
   * What it says the present state of: the next message of that takes its place.
   * The last one is told in the end, also when there were too many.
   */
  readonly stateOf?: string;
}

/** What a message depends on besides its event. */
export interface MessageContext {
  /** Left out when they are not known. */
  readonly former?: FormerRuns | undefined;
  /** `server`, `assets` or `container`. */
  readonly command: string;
  /** Of the ports of the proxy. */
  readonly protocols: ReadonlyMap<number, "http" | "tcp">;
}

/** The messages of events of a topic; who is left out is not told. */
export type MessagesOf<E extends DeployEvent> = {
  readonly [T in E["type"]]?: (
    event: Extract<E, { readonly type: T }>,
    context: MessageContext,
  ) => Message | undefined;
};

/** What a message has besides its class and text. */
export type MessageExtras = Omit<Message, "kind" | "text" | "level">;

export function normal(text: RichText, extras: MessageExtras = {}): Message {
  return { kind: "normal", level: "info", text, ...extras };
}

export function important(text: RichText, extras: MessageExtras = {}): Message {
  return { kind: "important", level: "info", text, ...extras };
}

export function warning(text: RichText, extras: MessageExtras = {}): Message {
  return { kind: "important", level: "warn", text, ...extras };
}

export function trouble(text: RichText, extras: MessageExtras = {}): Message {
  return { kind: "important", level: "error", text, ...extras };
}

/** Returns what an error says with its causes. */
export function errorPart(error: Error): RichText {
  return rich`${errorText(error)}`;
}

/** Returns what to do about an error, if it says so. */
export function hintOf(error: Error): string | undefined {
  if (error instanceof DewyError && error.hint !== undefined) return error.hint;
  return error.cause instanceof Error ? hintOf(error.cause) : undefined;
}

/** Writes a length of time as a person says it: no more than tenths of a second, or whole milliseconds. */
export function spokenDuration(ms: number): string {
  return formatDuration(
    ms < 1000 ? Math.round(ms) : Math.round(ms / 100) * 100,
  );
}
