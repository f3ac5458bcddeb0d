import type { Clock } from "../../base/time.ts";

/** Something that must move, or it is ended. */
export interface Watched {
  /** Grows whenever something moves. */
  readonly progress: number;
  end(): void;
}

interface Seen {
  progress: number;
  /** When it was seen to have moved, Unix milliseconds. */
  at: number;
}

/** Looks so often in the time that nothing may move. */
const LOOKS = 8;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Ends sessions in which nothing moves for too long. It looks at all of them
 * now and then, rather than to set a timer for each read: a session gets up to
 * a quarter more than its time, and it looks at nothing while there is none.
 */
export class IdleWatch {
  #clock: Clock;
  #timeoutMs: number;
  #sessions = new Map<Watched, Seen>();
  #rounds: Promise<void> = Promise.resolve();
  #stop: AbortController | undefined;

  /** @param timeoutMs 0 for sessions that may be idle forever. */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  add(session: Watched): void {
    if (this.#timeoutMs === 0) return;
    const { progress } = session;
    this.#sessions.set(session, { progress, at: this.#clock.now() });
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#rounds = this.#look(this.#stop.signal);
  }

  delete(session: Watched): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Resolves when it has stopped, after the last session. */
  get stopped(): Promise<void> {
    return this.#rounds;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const pause = Math.min(this.#timeoutMs / LOOKS, LONGEST_PAUSE_MS);
    for (;;) {
      await this.#clock.delay(pause, signal);
      if (signal.aborted) return;
      const now = this.#clock.now();
      for (const [session, seen] of this.#sessions) {
        if (session.progress !== seen.progress) {
          seen.progress = session.progress;
          seen.at = now;
        } else if (now - seen.at >= this.#timeoutMs) session.end();
      }
    }
  }
}
