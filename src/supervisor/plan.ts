import type { Survey, SurveyedVersion } from "../registry/registry.ts";
import type { Choice } from "./chooser.ts";
import { tagOf } from "./chooser.ts";
import type { State } from "./state.ts";
import type { Plan, PlannedVersion } from "./status.ts";

/** What {@link planOf} puts together. */
export interface PlanFacts {
  readonly choice: Choice;
  readonly survey: Survey;
  readonly state: State;
  /** Unix milliseconds. */
  readonly askedAt: number;
}

/** Says what would be deployed now, and why each other version of a survey would not. */
export function planOf(facts: PlanFacts): Plan {
  const { choice, survey, askedAt } = facts;
  const { kind, code, reason } = choice.action;
  const version = tagOf(choice.action);
  const versions = survey.map((surveyed) => judge(surveyed, facts));
  const isShown = versions.some((one) => one.version === version);
  if (kind === "deploy" && version !== undefined && !isShown) {
    versions.push({ version, verdict: "chosen", reason });
  }
  return { action: { kind, code, version, reason }, versions, askedAt };
}

function judge(surveyed: SurveyedVersion, facts: PlanFacts): PlannedVersion {
  const { choice: { action, waiting }, state } = facts;
  const { tag: version } = surveyed;
  if (action.kind === "deploy" && action.release.tag === version) {
    return { version, verdict: "chosen", reason: action.reason };
  }
  if (state.deployed?.tag === version) {
    return { version, verdict: "current", reason: "it is in service" };
  }
  const wait = waiting.find((one) => one.version === version);
  if (wait !== undefined) {
    return { version, verdict: "waiting", reason: wait.reason };
  }
  if (surveyed.verdict === "filtered" || surveyed.verdict === "incomplete") {
    const { verdict, reason } = surveyed;
    return { version, verdict, reason };
  }
  const refusal = refusalOf(version, facts);
  if (refusal !== undefined) {
    return { version, verdict: "refused", reason: refusal };
  }
  return { version, verdict: "older", reason: olderReason(surveyed, facts) };
}

/** Returns why an operator does not want a version. */
function refusalOf(
  version: string,
  { state: { pin, rollback }, survey }: PlanFacts,
): string | undefined {
  if (pin !== undefined) return `${pin.tag} is pinned`;
  if (rollback === undefined) return undefined;
  const place = (tag: string) => survey.findIndex((one) => one.tag === tag);
  const [from, to] = [place(rollback.from), place(rollback.to)];
  const at = place(version);
  const isBetween = at >= from && (to < 0 || at < to);
  if (!isBetween) return undefined;
  return version === rollback.from
    ? "it was rolled back from"
    : `it is no newer than ${rollback.from}, which was rolled back from`;
}

function olderReason(
  { tag, reason }: SurveyedVersion,
  { choice: { action }, state: { deployed }, survey }: PlanFacts,
): string {
  if (action.kind === "skip" && action.tag === tag) return action.reason;
  const place = (tag: string) => survey.findIndex((one) => one.tag === tag);
  // What is newer than it: the version in service when the one that is wanted is, too.
  const wanted = tagOf(action);
  const newer = [deployed?.tag, wanted].find((other) =>
    other !== undefined && place(other) >= 0 && place(other) < place(tag)
  );
  return newer === undefined ? reason : `older than ${newer}`;
}
