import { delay } from "./delay.ts";

/** How long {@link eventually} tries, and what it says when that was in vain. */
export interface EventuallyOptions {
  /** Milliseconds; 30 s when left out. */
  readonly timeoutMs?: number;
  /** What was waited for, as the begin of a sentence: `the worker ends`. */
  readonly message: string;
}

const POLL_MS = 20;
/** A time that a busy machine needs is no failure; what takes it for ever costs this once. */
const TIMEOUT_MS = 30_000;

/**
 * Calls `attempt` until it neither throws nor returns `undefined` or `false`,
 * and returns what it returned.
 *
 * @throws When the time is over: with the last failure as the cause.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  options: EventuallyOptions,
): Promise<Exclude<T, undefined | false>> {
  const { timeoutMs = TIMEOUT_MS, message } = options;
  const until = Date.now() + timeoutMs;
  let failure: unknown = undefined;
  do {
    try {
      const value = await attempt();
      if (isDone(value)) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await delay(POLL_MS);
  } while (Date.now() < until);
  const because = failure instanceof Error ? `: ${failure.message}` : "";
  throw new Error(`In ${timeoutMs} ms not: ${message}${because}`, {
    cause: failure,
  });
}

function isDone<T>(value: T): value is Exclude<T, undefined | false> {
  return value !== undefined && value !== false;
}
