import type { VersionRules } from "../base/release.ts";
import { slashedTagProblem } from "../base/tag.ts";
import { newestFirst, type Version } from "../base/version.ts";
import { reasonAgainst } from "./reason_against.ts";
import {
  type Latest,
  type Survey,
  SURVEY_MAX,
  type SurveyedVersion,
} from "./registry.ts";

/** What {@link surveyVersions} judges by. */
export interface SurveyOptions {
  readonly rules: VersionRules;
  /** Returns the newest complete one of versions that the rules let through, newest first and never none. */
  readonly choose: (
    versions: readonly [Version, ...Version[]],
  ) => Promise<Latest>;
}

/**
 * Says of each listed version why it is not offered; names that are no version
 * are passed over.
 */
export async function surveyVersions(
  tags: readonly string[],
  { rules, choose }: SurveyOptions,
): Promise<Survey> {
  const [newest, ...older] = newestFirst(tags, rules);
  const latest = newest === undefined
    ? undefined
    : await choose([newest, ...older]);
  const all = { ...rules, preRelease: true, slot: "", constraint: "" };
  // A CalVer format may let through what can be no name here.
  const judged = newestFirst(tags, all).map(({ tag }) => tag)
    .filter((tag) => slashedTagProblem(tag) === undefined);
  const shown = judged.slice(0, SURVEY_MAX);
  const offered = latest?.kind === "release" ? latest.release.tag : undefined;
  // What is offered is the point of it all, however many are above it.
  if (offered !== undefined && !shown.includes(offered)) {
    shown.splice(-1, 1, offered);
  }
  return shown.map((tag) => judge(tag, latest, rules));
}

function judge(
  tag: string,
  latest: Latest | undefined,
  rules: VersionRules,
): SurveyedVersion {
  const against = reasonAgainst(tag, rules);
  if (against !== undefined) {
    return { tag, verdict: "filtered", reason: `it ${against}` };
  }
  if (latest === undefined || latest.kind === "filtered") {
    const reason = latest?.reason ?? "it is gone";
    return { tag, verdict: "filtered", reason };
  }
  const missing = latest.incomplete.find((version) => version.tag === tag);
  if (missing !== undefined) {
    return { tag, verdict: "incomplete", reason: missing.reason };
  }
  if (latest.kind === "incomplete") {
    return { tag, verdict: "incomplete", reason: "it was not looked at" };
  }
  const offered = latest.release.tag;
  if (tag === offered) return { tag, verdict: "offered", reason: "" };
  return { tag, verdict: "older", reason: `older than ${offered}` };
}
