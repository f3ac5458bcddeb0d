import { setTimeout as sleep } from "node:timers/promises";
import { abortable } from "./abortable.ts";

/** Reads the time and waits; a test gives its own. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after `ms`, or as soon as `signal` is aborted; it never rejects. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

/** A clock that also measures how long things take. */
export interface MonotonicClock extends Clock {
  /** Milliseconds since some moment; unlike {@link Clock.now}, nobody sets it. */
  monotonic(): number;
}

/** The clock of this host. */
export const systemClock: MonotonicClock = {
  now: Date.now,
  monotonic: () => performance.now(),
  delay,
};

/** Resolves after `ms`, or as soon as `signal` is aborted; it never rejects. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How {@link withDeadline} is bounded. */
export interface DeadlineOptions {
  readonly signal: AbortSignal;
  readonly ms: number;
  /** Builds the error that the task's signal is aborted with when the time is over. */
  readonly onTimeout: () => Error;
  /**
   * Settle at the deadline even when the task hangs in something that cannot be
   * aborted, such as a read from a dead network file system. Only for tasks
   * that hold nothing: otherwise the task is waited for, so that it can tidy up.
   */
  readonly abandon?: boolean;
  /** @default the clock of this host */
  readonly clock?: Pick<Clock, "delay">;
}

/** Runs `task` with a signal that aborts with `options.signal`, or after `options.ms`. */
export async function withDeadline<T>(
  options: DeadlineOptions,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, ms, onTimeout, clock } = options;
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const stop = startTimer(ms, clock, () => controller.abort(onTimeout()));
  try {
    const running = task(controller.signal);
    return await (options.abandon === true
      ? abortable(running, controller.signal)
      : running);
  } finally {
    stop();
    signal.removeEventListener("abort", onAbort);
  }
}

/** Calls `onEnd` after `ms`, unless the function that is returned is called before. */
function startTimer(
  ms: number,
  clock: Pick<Clock, "delay"> | undefined,
  onEnd: () => void,
): () => void {
  if (clock === undefined) {
    const timer = setTimeout(onEnd, ms);
    return () => clearTimeout(timer);
  }
  const stopped = new AbortController();
  void clock.delay(ms, stopped.signal).then(() => {
    if (!stopped.signal.aborted) onEnd();
  });
  return () => stopped.abort();
}

/** How pauses grow. */
export interface BackoffPolicy {
  /** The pause after the first failure, milliseconds. */
  readonly baseMs: number;
  /** No pause is longer than this, milliseconds. */
  readonly maxMs: number;
}

/**
 * Returns the pause after the `failures`-th failure in a row: doubled each time,
 * and up to a quarter of it taken off at random, so that hosts that failed
 * together do not come back together.
 *
 * @param random A number in [0, 1).
 */
export function backoffMs(
  failures: number,
  policy: BackoffPolicy,
  random: number,
): number {
  const exponent = Math.min(Math.max(failures - 1, 0), 30);
  const full = Math.min(policy.baseMs * 2 ** exponent, policy.maxMs);
  return Math.round(full * (1 - random / 4));
}
