import { systemErrorCode } from "../../base/errors.ts";
import { backoffMs, type BackoffPolicy, type Clock } from "../../base/time.ts";
import type { EventThrottle } from "./event.ts";

const CODES = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);
const BACKOFF: BackoffPolicy = { baseMs: 10, maxMs: 1_000 };

/** Whether this host had no descriptor or memory left for a socket: no backend is to blame. */
export function isOutOfFiles(error: unknown): boolean {
  return CODES.has(systemErrorCode(error) ?? "");
}

/**
 * Slows down a port whose connections cannot be served for want of descriptors:
 * accepting more would only take what the backends' sides need.
 */
export class FilePressure {
  #clock: Clock;
  #events: EventThrottle;
  #failures = 0;
  #relieved: Promise<void> | undefined;

  constructor(clock: Clock, events: EventThrottle) {
    this.#clock = clock;
    this.#events = events;
  }

  /** The pause that is under way, if there is one. */
  get relieved(): Promise<void> | undefined {
    return this.#relieved;
  }

  /** Waits after a failure: longer with each one in a row, until `signal` is aborted. */
  async pause(error: unknown, signal: AbortSignal): Promise<void> {
    this.#failures++;
    this.#events.tell({ kind: "accept-failed", error });
    const ms = backoffMs(this.#failures, BACKOFF, Math.random());
    const pause = this.#clock.delay(ms, signal);
    this.#relieved = pause;
    await pause;
    if (this.#relieved === pause) this.#relieved = undefined;
  }

  /** A connection could be served again. */
  relieve(): void {
    this.#failures = 0;
  }
}
