import { SourceError } from "../base/errors.ts";
import { delay } from "../base/time.ts";

/** Pauses before the second and the third attempt, milliseconds. */
const PAUSES_MS = [200, 1_000];

/**
 * Runs `task` again, twice at most, when the source was out of order for a
 * moment. A source that asks to be left alone is; longer outages are the
 * caller's next poll.
 */
export async function withRetries<T>(
  task: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await task();
    } catch (error) {
      signal.throwIfAborted();
      if (!isMomentary(error)) throw error;
    }
    await delay(pauseMs, signal);
    signal.throwIfAborted();
  }
  return await task();
}

function isMomentary(error: unknown): boolean {
  return error instanceof SourceError && error.code === "unavailable" &&
    error.retryAfterMs === 0;
}
