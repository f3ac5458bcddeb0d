import type { Redact } from "../base/redact.ts";
import type { DeployEvent } from "../base/event.ts";
import { linesOf } from "../telemetry/log_events.ts";
import { LogDuration, type LogFields } from "../telemetry/logger.ts";

/** One record of the event stream. */
export interface EventRecord {
  /** Grows, also from one start of dewy to the next. */
  readonly id: number;
  readonly type: string;
  /** What the stream carries. */
  readonly data: Readonly<Record<string, string | number | boolean>>;
}

/** How many records are kept for clients that come back. */
export const RING_SIZE = 500;
/** A client that has so many to take is too slow. */
const MAX_QUEUED = 200;
const HEARTBEAT_MS = 15_000;
/** Names that every record has a meaning for. */
const OWN_NAMES = new Set(["at", "type", "level", "message"]);
/** What commands print is for those who may read the log, or act. */
const PRIVATE = new Set(["command", "stdout", "stderr"]);

/** What an {@link EventHub} works with. */
export interface EventHubOptions {
  readonly redact: Redact;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** @default 15 s */
  readonly heartbeatMs?: number;
}

/** How a client follows the events. */
export interface FollowOptions {
  /** The last record that the client has; left out: only what comes. */
  readonly after: number | undefined;
  /** Whether it may see what commands print. */
  readonly isTrusted: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Keeps the last events as the log has them, and hands them to those who follow. */
export class EventHub {
  #options: EventHubOptions;
  #ring: EventRecord[] = [];
  #lastId: number;
  #followers = new Set<Follower>();

  constructor(options: EventHubOptions) {
    this.#options = options;
    // The time in microseconds: no two starts have the same.
    this.#lastId = options.now() * 1000;
  }

  /** How many clients follow. */
  get followers(): number {
    return this.#followers.size;
  }

  /** Takes an event; what the log shows at debug only is left out. */
  take(event: DeployEvent): void {
    for (const [level, message, fields = {}] of linesOf(event)) {
      if (level === "debug") continue;
      const at = new Date(this.#options.now()).toISOString();
      const data = { at, type: event.type, level, message };
      this.#add(event.type, { ...data, ...this.#values(fields) });
    }
  }

  /** Yields the stream of server-sent events; it ends when the client is too slow. */
  async *follow(options: FollowOptions): AsyncGenerator<string> {
    const { after, isTrusted, signal } = options;
    const follower = new Follower();
    const missed = after === undefined
      ? []
      : this.#ring.filter(({ id }) => id > after);
    this.#followers.add(follower);
    const beat = setInterval(
      () => follower.put(": still here\n\n"),
      this.#options.heartbeatMs ?? HEARTBEAT_MS,
    );
    const end = () => follower.end();
    signal.addEventListener("abort", end, { once: true });
    try {
      yield "retry: 2000\n: events of dewy\n\n";
      for (const record of missed) yield render(record, isTrusted);
      while (!signal.aborted && !follower.isOver) {
        for (const item of follower.takeAll()) {
          yield typeof item === "string" ? item : render(item, isTrusted);
        }
        await follower.more();
      }
    } finally {
      clearInterval(beat);
      signal.removeEventListener("abort", end);
      this.#followers.delete(follower);
    }
  }

  #add(type: string, data: EventRecord["data"]): void {
    this.#lastId++;
    const record = { id: this.#lastId, type, data };
    this.#ring.push(record);
    if (this.#ring.length > RING_SIZE) this.#ring.shift();
    for (const follower of this.#followers) follower.put(record);
  }

  #values(fields: LogFields): EventRecord["data"] {
    const { redact } = this.#options;
    const values = Object.entries(fields).flatMap(([name, value]) => {
      if (value === undefined) return [];
      if (value instanceof LogDuration) return [[`${name}_ms`, value.ms]];
      const key = OWN_NAMES.has(name) ? `${name}_text` : name;
      return [[key, typeof value === "string" ? redact(value) : value]];
    });
    return Object.fromEntries(values);
  }
}

/** What waits for one client. */
class Follower {
  #queue: (EventRecord | string)[] = [];
  #isOver = false;
  #wake: () => void = () => {};

  get isOver(): boolean {
    return this.#isOver;
  }

  put(item: EventRecord | string): void {
    if (this.#isOver) return;
    this.#queue.push(item);
    if (this.#queue.length > MAX_QUEUED) this.#isOver = true;
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  takeAll(): (EventRecord | string)[] {
    return this.#queue.splice(0);
  }

  /** Resolves when there is something to take, or it is over. */
  async more(): Promise<void> {
    if (this.#queue.length > 0 || this.#isOver) return;
    await new Promise<void>((resolve) => this.#wake = resolve);
  }
}

function render({ id, type, data }: EventRecord, isTrusted: boolean): string {
  const shown = isTrusted ? data : Object.fromEntries(
    Object.entries(data).filter(([name]) => !PRIVATE.has(name)),
  );
  // JSON has no line breaks of its own, so one line carries it.
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(shown)}\n\n`;
}
