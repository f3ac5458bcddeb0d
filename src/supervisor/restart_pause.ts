import { backoffMs, type Clock } from "../base/time.ts";

const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };
/** Deaths in a row that are a crash loop. */
const CRASH_LOOP = 3;
/** What lives this long has come up, milliseconds. */
const SETTLED_MS = 60_000;

/** How long to wait before another container is started in the place of one that ended. */
export class RestartPause {
  #clock: Clock;
  #deaths = 0;
  #failures = 0;
  /** When those in service came there, Unix milliseconds. */
  #since = new Map<string, number>();
  /** No container is started before, Unix milliseconds. */
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Attempts to start one that failed in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Forgets what was, since another release is in service. */
  reset(): void {
    this.#deaths = 0;
    this.#failures = 0;
    this.#until = 0;
    this.#since.clear();
  }

  /** A container came into service. */
  began(id: string): void {
    this.#failures = 0;
    this.#since.set(id, this.#clock.now());
  }

  /**
   * A container ended. The first one is replaced at once.
   *
   * @returns How many ended soon, one after the other, if that is a crash loop which is to be told now.
   */
  ended(id: string): number | undefined {
    const now = this.#clock.now();
    const livedMs = now - (this.#since.get(id) ?? now);
    this.#since.delete(id);
    this.#deaths = livedMs > SETTLED_MS ? 1 : this.#deaths + 1;
    const pauseMs = this.#deaths === 1 ? 0 : pauseAfter(this.#deaths - 1);
    this.#until = now + pauseMs;
    return this.#deaths === CRASH_LOOP ? this.#deaths : undefined;
  }

  /** Returns the pause after an attempt that failed, milliseconds. */
  failed(): number {
    this.#failures++;
    const pauseMs = pauseAfter(this.#failures);
    this.#until = this.#clock.now() + pauseMs;
    return pauseMs;
  }

  /** Waits until one may be started. */
  async over(signal: AbortSignal): Promise<void> {
    const leftMs = this.#until - this.#clock.now();
    // No pause is longer: the clock was set back.
    await this.#clock.delay(
      Math.min(Math.max(leftMs, 0), BACKOFF.maxMs),
      signal,
    );
  }
}

function pauseAfter(times: number): number {
  return backoffMs(times, BACKOFF, Math.random());
}
