import type { EmitEvent } from "../base/event.ts";
import type { RollOutStep } from "../rollout/roll_out.ts";
import { asError } from "./try_or_tell.ts";

/** Returns a teller of the steps of a roll-out as events. */
export function tellStep(emit: EmitEvent): (step: RollOutStep) => void {
  return (step) => {
    switch (step.kind) {
      case "starting": {
        const { what: image, replica, total } = step;
        return emit({ type: "container-starting", image, replica, total });
      }
      case "healthy": {
        const { instance: { name, addresses }, tookMs, answer } = step;
        return emit({
          type: "container-healthy",
          name,
          addresses: [...addresses.values()].map(({ hostname, port }) =>
            `${hostname}:${port}`
          ),
          tookMs,
          answer,
        });
      }
      case "unhealthy": {
        const { instance: { name }, reason, attempts } = step;
        return emit({ type: "container-unhealthy", name, reason, attempts });
      }
      case "retired": {
        const { instance: { name }, cut } = step;
        return emit({ type: "container-retired", name, cut });
      }
      case "left-behind": {
        const { name } = step.instance;
        const error = asError(step.error);
        return emit({ type: "container-left-behind", name, error });
      }
      default:
        step satisfies never;
    }
  };
}
