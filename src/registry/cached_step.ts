import {
  type CachedEntry,
  type CachedFailure,
  type CachedValue,
  valueOf,
} from "./cached_entry.ts";

/** How long things hold, milliseconds. */
export interface CacheTimes {
  /** An answer is given again without asking. */
  readonly ttlMs: number;
  /** Whether answers without checksums count. */
  readonly wholeOnly: boolean;
}

/** What to do with the shared entry as it is. */
export type CacheStep =
  /** Its answer is young enough. */
  | { readonly kind: "fresh"; readonly value: CachedValue }
  /** The registry failed so recently that nobody asks it again yet. */
  | {
    readonly kind: "failing";
    readonly value: CachedValue | undefined;
    readonly failure: CachedFailure;
  }
  /** Another host asks just now; an old answer does meanwhile, where there is one. */
  | { readonly kind: "busy"; readonly value: CachedValue | undefined }
  /** It is this host's turn to ask. */
  | { readonly kind: "claim"; readonly value: CachedValue | undefined };

const LOCK_MIN_MS = 30_000;
const LOCK_MAX_MS = 5 * 60_000;
/** A source that asks to be left alone is heard for an hour at most. */
export const RETRY_MAX_MS = 60 * 60_000;
/** By how much the clock of the host that failed may be ahead. */
const CLOCK_SLACK_MS = 5 * 60_000;

/** Returns how long the host that asks keeps the others from it: twice the TTL, half a minute to five. */
export function lockLifeMs(ttlMs: number): number {
  return Math.min(Math.max(2 * ttlMs, LOCK_MIN_MS), LOCK_MAX_MS);
}

/**
 * Decides what one host does. A time in the future comes from a host whose
 * clock is ahead: it counts as long as one in the past does.
 */
export function decideCacheStep(
  entry: CachedEntry,
  { ttlMs, wholeOnly }: CacheTimes,
  now: number,
): CacheStep {
  const found = valueOf(entry);
  const value = wholeOnly && found?.isWhole === false ? undefined : found;
  if (value !== undefined && Math.abs(now - value.at) < ttlMs) {
    return { kind: "fresh", value };
  }
  const { failure } = entry;
  const pauseMs = (failure?.retryAt ?? 0) - now;
  const isBelievable = pauseMs <= RETRY_MAX_MS + CLOCK_SLACK_MS;
  if (failure !== undefined && pauseMs > 0 && isBelievable) {
    return { kind: "failing", value, failure };
  }
  // Who has nothing to go on with does not wait for a dead host any longer than it must.
  const lifeMs = value === undefined ? LOCK_MIN_MS : lockLifeMs(ttlMs);
  const isBusy = Math.abs(now - entry.lockedAt) < lifeMs;
  return { kind: isBusy ? "busy" : "claim", value };
}
