import { describeHistory, describeStatus } from "./describe_status.ts";
import {
  type ActionResult,
  OperationError,
  type Operations,
  type OperatorAction,
} from "./operations.ts";
import { unavailable } from "./operator_failures.ts";
import {
  deployNow,
  type OrderDeps,
  pinVersionNow,
  restartNow,
} from "./operator_orders.ts";
import { rollBackNow } from "./operator_rollback.ts";
import { hold, resume, unpinNow } from "./operator_words.ts";
import { planOf } from "./plan.ts";
import type { DeployRecord, Plan, Status } from "./status.ts";
import type { Supervisor } from "./supervisor.ts";

/** What an {@link Operator} works with. */
export interface OperatorDeps extends OrderDeps {
  readonly supervisor: Pick<
    Supervisor,
    "pulse" | "orders" | "asker" | "chooser" | "callOff"
  >;
}

/** Does what an operator asks for: at once what only has to be remembered, by the loop's next tick what takes work. */
export class Operator implements Operations {
  #deps: OperatorDeps;

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
  }

  status(): Promise<Status> {
    const { state, supervisor: { pulse } } = this.#deps;
    const parts = { ...this.#deps, state: state.value, pulse };
    return Promise.resolve(describeStatus(parts));
  }

  history(): readonly DeployRecord[] {
    return describeHistory(this.#deps.state.value);
  }

  async plan(signal: AbortSignal): Promise<Plan> {
    const { supervisor: { asker, chooser }, state, clock } = this.#deps;
    const askedAt = clock.now();
    try {
      const survey = await asker.survey(signal);
      const choice = await chooser.choose((wish) =>
        asker.quietly(signal, wish)
      );
      return planOf({ choice, survey, state: state.value, askedAt });
    } catch (error) {
      signal.throwIfAborted();
      throw unavailable(error);
    }
  }

  async act(
    action: OperatorAction,
    signal: AbortSignal,
  ): Promise<ActionResult> {
    const deps = this.#deps;
    if (deps.supervisor.pulse.phase === "stopping") {
      throw new OperationError("unavailable", "dewy is stopping", {
        hint: "Try again when it has been started again",
      });
    }
    switch (action.kind) {
      case "deploy":
        return await deployNow(action, deps, signal);
      case "rollback":
        return await rollBackNow(action, deps, signal);
      case "pin":
        return await pinVersionNow(action, deps, signal);
      case "restart":
        return await restartNow(deps, signal);
      case "unpin":
        return await unpinNow(deps);
      case "hold":
        return await hold(action, deps);
      case "resume":
        return await resume(deps);
      default:
        return action satisfies never;
    }
  }
}
