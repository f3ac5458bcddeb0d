import { DewyError } from "../base/errors.ts";

/** An operator calls off what the loop is at. */
export class CalledOffError extends DewyError {
  override readonly name = "CalledOffError";
  readonly kind = "application";
}

/** Returns what a deploy is called off with when an operator goes back from it. */
export function calledOff(tag: string | undefined): CalledOffError {
  const what = tag === undefined
    ? "What dewy was at is"
    : `The deploy of ${tag} is`;
  return new CalledOffError(`${what} called off: an operator goes back`, {
    hint: tag === undefined
      ? "Give the order again"
      : `"dewy deploy ${tag}" takes it up again`,
  });
}

/**
 * Returns why a task failed: what its signal was aborted with, rather than what
 * that made of the step it was at, such as a hook that was killed.
 */
export function causeOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && signal.reason instanceof DewyError
    ? signal.reason
    : error;
}
