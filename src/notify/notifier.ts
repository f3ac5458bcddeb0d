import type { Message } from "./message.ts";

/** A message on its way. */
export interface Notice extends Message {
  /** Names it, also when it is sent again. */
  readonly id: string;
  /** Type of the event it tells of. */
  readonly event: string;
  /** When that happened, Unix milliseconds. */
  readonly time: number;
  /** The Slack thread of the release it belongs to, when releases have threads. */
  readonly thread?: Promise<string | undefined> | undefined;
}

/** Sends messages to one place. */
export interface Notifier {
  /** How a log may call it: nothing secret. */
  readonly name: string;
  /** Leaves out what is only good to know. */
  readonly quiet: boolean;
  /** Whether its messages belong to the thread of their release. */
  readonly inThread?: boolean;

  /**
   * Sends a message.
   *
   * @throws {SourceError} `unavailable` and `timeout` when it may be tried again,
   * after `retryAfterMs` if that is given; any other code when that is in vain.
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>;

  /** Gives up what it holds; nothing is sent any more. */
  close?(): void;
}

/** What messages say of where they come from. */
export interface Origin {
  /** Name of this host. */
  readonly host: string;
  /** `server`, `assets` or `container`. */
  readonly command: string;
  /** Name of the application; left out when it has none. */
  readonly app?: string | undefined;
  /** Of dewy, without a leading `v`. */
  readonly version: string;
  /** Working directory. */
  readonly workdir: string;
  /** Who dewy runs as, in full. */
  readonly user: string;
}

/** What a notifier is opened with. */
export interface NotifierContext {
  readonly origin: Origin;
  readonly env: Readonly<Record<string, string>>;
  /** Hears of messages that arrived in another way than was asked for. */
  readonly warn?: (notifier: string, error: Error) => void;
}

/** Whether a notifier is to get a message. */
export function isWanted(
  { kind, level }: Pick<Message, "kind" | "level">,
  quiet: boolean,
): boolean {
  if (!quiet || kind === "important" || kind === "error") return true;
  return kind === "hook" && level === "error";
}
