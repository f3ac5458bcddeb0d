import type { DecisionEvent } from "../base/event_decision.ts";
import { errorFields, type Line, type LinesOf } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

/** Log lines of which version is wanted, and why it is not deployed. */
export const DECISION_LINES: LinesOf<DecisionEvent> = {
  "registry-failed": (
    { error, failures, retryInMs },
  ) => [["error", "Current failure", {
    ...errorFields(error),
    count: failures,
    retry_in: new LogDuration(retryInMs),
  }]],
  "registry-answered": () => [["debug", "Registry answered"]],
  "registry-selected": (
    { tag },
  ) => [["debug", "Selected release based on version tag", { tag }]],
  "version-incomplete": (event) => [incompleteLine(event)],
  "deploy-skipped": ({ reason, tag, notable, asked }) => {
    const level = !notable ? "debug" : asked ? "info" : "warn";
    return [[level, "Deploy skipped", { reason, tag }]];
  },
  "deploy-interrupted": (
    { tag, restoredTo },
  ) => [["warn", "Took back a deploy that was cut short", {
    tag,
    restored_to: restoredTo,
  }]],
};

function incompleteLine(
  event: Extract<DecisionEvent, { type: "version-incomplete" }>,
): Line {
  const { tag, reason, withinGrace, notable, gracePeriodMs } = event;
  const grace = new LogDuration(gracePeriodMs);
  if (withinGrace) {
    return ["debug", "Artifact not found within grace period", {
      message: reason,
      grace_period: grace,
      tag,
    }];
  }
  // What may not be read says itself what to do.
  const hint = reason.startsWith("permission denied")
    ? undefined
    : "Publish the artifact for this platform, or withdraw the version";
  return [notable ? "error" : "debug", "Current failure", {
    error: `${tag}: ${reason}`,
    grace_period: grace,
    hint,
  }];
}
