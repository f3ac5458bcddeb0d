import type { Clock } from "../base/time.ts";
import { askUpstream } from "./ask_upstream.ts";
import type { Latest, Registry, Wish } from "./registry.ts";

/** What {@link CachedWishes} works with. */
export interface CachedWishesOptions {
  readonly registry: Pick<Registry, "latest">;
  /** How long an answer holds, milliseconds. */
  readonly ttlMs: number;
  readonly clock: Pick<Clock, "now">;
}

interface Answer {
  readonly latest: Latest;
  readonly at: number;
}

/** No host has more wishes at a time: a pin, and what a cooldown passes over. */
const KEPT = 8;

/**
 * Answers to wishes, which are this host's own and are not shared: the registry
 * is asked for each, and no more often than for the shared answer.
 */
export class CachedWishes {
  readonly #options: CachedWishesOptions;
  #answers = new Map<string, Answer>();

  constructor(options: CachedWishesOptions) {
    this.#options = options;
  }

  /** @throws {SourceError} When the registry cannot be read. */
  async latest(signal: AbortSignal, wish: Wish): Promise<Latest> {
    const { registry, ttlMs, clock } = this.#options;
    const key = JSON.stringify(wish);
    const known = this.#answers.get(key);
    if (known !== undefined && Math.abs(clock.now() - known.at) < ttlMs) {
      return known.latest;
    }
    const latest = await askUpstream(
      signal,
      (signal) => registry.latest(signal, wish),
    );
    this.#answers.delete(key);
    // What is not there may be published at any moment, and somebody waits for it.
    if (latest.kind !== "release") return latest;
    this.#answers.set(key, { latest, at: clock.now() });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > KEPT && oldest !== undefined) {
      this.#answers.delete(oldest);
    }
    return latest;
  }
}
