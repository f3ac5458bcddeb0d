import type { EmitEvent } from "../base/event.ts";
import type { RollOutEvent } from "../base/event_roll_out.ts";
import type { Instance } from "../rollout/instance.ts";
import type { RollOutStep } from "../rollout/roll_out_step.ts";
import { asError } from "./try_or_tell.ts";

/** Returns a teller of the steps of a roll-out as events. */
export function tellStep(emit: EmitEvent): (step: RollOutStep) => void {
  return (step) => emit(eventOf(step));
}

function eventOf(step: RollOutStep): RollOutEvent {
  switch (step.kind) {
    case "starting": {
      const { what: image, replica, total } = step;
      return { type: "container-starting", image, replica, total };
    }
    case "not-started":
      return { type: "container-start-failed", error: asError(step.error) };
    case "taking-back": {
      const names = step.instances.map(({ name }) => name);
      return { type: "roll-out-taken-back", names };
    }
    default:
      return eventOfOne(step);
  }
}

/** What becomes of one instance. */
function eventOfOne(
  step: Extract<RollOutStep, { readonly instance: Instance }>,
): RollOutEvent {
  const { instance } = step;
  const { name } = instance;
  const addresses = [...instance.addresses.values()]
    .map(({ hostname, port }) => `${hostname}:${port}`);
  switch (step.kind) {
    case "started": {
      const { check } = step;
      return { type: "container-started", name, addresses, check };
    }
    case "healthy": {
      const { check, tookMs, answer } = step;
      const told = { check, tookMs, answer };
      return { type: "container-healthy", name, addresses, ...told };
    }
    case "unhealthy": {
      const { reason, attempts } = step;
      return { type: "container-unhealthy", name, reason, attempts };
    }
    case "in-service":
      return { type: "container-in-service", name, ready: step.ready };
    case "retiring":
      return { type: "container-retiring", name };
    case "retired":
      return { type: "container-retired", name, cut: step.cut };
    case "removing":
      return { type: "container-removing", name };
    case "left-behind": {
      const error = asError(step.error);
      return { type: "container-left-behind", name, error };
    }
  }
}
