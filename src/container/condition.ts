import type { Condition } from "../rollout/instance.ts";
import type { ContainerDetails } from "./engine.ts";
import { endReason } from "./end_reason.ts";
import { addressesIn, type PortRoute } from "./published_ports.ts";

/**
 * How long the engine may take to start a container again. Podman calls one
 * that has just ended so, and not that it is going to be started. Milliseconds.
 */
const RESTART_MS = 10_000;

/**
 * Returns what has become of a container.
 *
 * @param now Unix milliseconds.
 */
export function conditionOf(
  details: ContainerDetails | undefined,
  routes: readonly PortRoute[],
  now: number,
): Condition {
  if (details === undefined) {
    return { kind: "gone", reason: "it was removed" };
  }
  switch (details.state) {
    case "running": {
      const addresses = addressesIn(details, routes);
      return addresses.size > 0
        ? { kind: "running", addresses }
        : { kind: "gone", reason: "its ports are not published any more" };
    }
    case "paused":
      return { kind: "suspended", reason: "it is paused" };
    case "restarting":
      return { kind: "suspended", reason: restartReason(details) };
    default:
      return isAboutToRestart(details, now)
        ? { kind: "suspended", reason: restartReason(details) }
        : { kind: "gone", reason: endReason(details) };
  }
}

function restartReason(details: ContainerDetails): string {
  return `${endReason(details)}, and the engine starts it again`;
}

function isAboutToRestart(
  { isRestarted, state, finishedAt }: ContainerDetails,
  now: number,
): boolean {
  const endedMs = now - Date.parse(finishedAt);
  return isRestarted && state === "exited" && Math.abs(endedMs) < RESTART_MS;
}
