import { SourceError } from "../base/errors.ts";
import { backoffMs, type Clock } from "../base/time.ts";

/** How long to wait between two polls; milliseconds. */
export interface PollSettings {
  readonly intervalMs: number;
  /** Longest pause between polls of a failing registry; 0 turns the backoff off. */
  readonly pollBackoffMaxMs: number;
}

/** A registry that asks to be left alone longer than this is asked again all the same, milliseconds. */
const WISH_MAX_MS = 60 * 60 * 1000;

/** Knows how the registry has answered, and so when to ask it again. */
export class PollPause {
  #settings: PollSettings;
  #clock: Clock;
  /** Look-ups that failed in a row. */
  #failures = 0;
  /** Until when the registry asked to be left alone, Unix milliseconds. */
  #leaveAloneUntil = 0;

  constructor(settings: PollSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Look-ups that failed in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** The registry has answered. */
  succeeded(): void {
    this.#failures = 0;
    this.#leaveAloneUntil = 0;
  }

  /** It has not. */
  failed(error: unknown): void {
    this.#failures++;
    const wishedMs = error instanceof SourceError ? error.retryAfterMs : 0;
    this.#leaveAloneUntil = this.#clock.now() +
      Math.min(wishedMs, WISH_MAX_MS);
  }

  /** Returns the pause from now on, when `elapsedMs` of the interval are over. */
  nextMs(elapsedMs: number): number {
    // A clock that was set back meanwhile must not make the pause longer.
    const spentMs = Math.max(elapsedMs, 0);
    return Math.max(this.#backoffMs() - spentMs, this.#wishedMs(), 0);
  }

  /**
   * Returns what a pause is drawn out by, up to a tenth of the interval, so that
   * hosts that were started together do not go on asking together.
   *
   * @param random A number in [0, 1).
   */
  jitterMs(random: number): number {
    return Math.round(this.#settings.intervalMs / 10 * random);
  }

  #backoffMs(): number {
    const { intervalMs: baseMs, pollBackoffMaxMs: maxMs } = this.#settings;
    if (this.#failures < 2 || maxMs <= baseMs) return baseMs;
    const pauseMs = backoffMs(this.#failures, { baseMs, maxMs }, Math.random());
    return Math.max(pauseMs, baseMs);
  }

  #wishedMs(): number {
    const leftMs = this.#leaveAloneUntil - this.#clock.now();
    // More than was ever granted is left when the clock was set back.
    return Math.min(Math.max(leftMs, 0), WISH_MAX_MS);
  }
}
