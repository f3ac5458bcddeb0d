import { errorMessage, SourceError } from "../base/errors.ts";
import type { CachedFailure } from "./cached_entry.ts";
import { RETRY_MAX_MS } from "./cached_step.ts";

/** Returns what other hosts are told of a failed look-up. */
export function toFailure(
  error: unknown,
  times: {
    readonly now: number;
    readonly pauseMs: number;
    readonly since: number;
  },
): CachedFailure {
  const { now, pauseMs, since } = times;
  const known = error instanceof SourceError ? error : undefined;
  // A longer pause would be taken for a broken clock's, and kept by nobody.
  const waitMs = Math.min(known?.retryAfterMs ?? 0, RETRY_MAX_MS);
  return {
    code: known?.code ?? "unavailable",
    message: errorMessage(error),
    since,
    retryAt: now + Math.max(pauseMs, waitMs),
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
  };
}

/** Returns the error that another host's failure is here. */
export function toError(
  failure: CachedFailure | undefined,
  now: number,
): SourceError {
  const {
    code = "unavailable",
    message = "The registry cannot be read",
    hint,
    retryAt = now,
  } = failure ?? {};
  const retryAfterMs = Math.max(retryAt - now, 0);
  return new SourceError(code, message, {
    retryAfterMs,
    ...(hint === undefined ? {} : { hint }),
  });
}
