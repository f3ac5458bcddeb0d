import type { Clock } from "../base/time.ts";
import type { Operations, Plan } from "../supervisor/operations.ts";

/** So long readers share one answer of the registry, milliseconds. */
const SHARED_MS = 30_000;

/**
 * Gives plans to those who may only read: whoever asks again and again must not
 * use up what the registry lets dewy ask.
 */
export class PlanShare {
  #operations: Pick<Operations, "plan">;
  #clock: Pick<Clock, "now">;
  #last: { readonly plan: Promise<Plan>; readonly at: number } | undefined;

  constructor(
    operations: Pick<Operations, "plan">,
    clock: Pick<Clock, "now">,
  ) {
    this.#operations = operations;
    this.#clock = clock;
  }

  /**
   * Returns a plan that is at most 30 seconds old; a failure is shared as well.
   *
   * @throws {OperationError} As {@link Operations.plan}.
   */
  get(): Promise<Plan> {
    const now = this.#clock.now();
    if (this.#last === undefined || Math.abs(now - this.#last.at) > SHARED_MS) {
      // Of all who wait for it none may call it off.
      const { signal } = new AbortController();
      this.#last = { plan: this.#operations.plan(signal), at: now };
    }
    return this.#last.plan;
  }
}
