import { cacheKey, type Release, type VersionRules } from "../base/release.ts";
import { compareVersions, newestFirst, parseVersion } from "../base/version.ts";
import type { Latest } from "../registry/registry.ts";
import type { RollbackMark } from "./state_operator.ts";
import type { WaitingVersion } from "./status.ts";
import { type WaitFacts, waitsOf } from "./waits.ts";

/** Why nothing is deployed. */
export type SkipCode =
  | "up-to-date"
  | "diverted"
  | "filtered"
  | "incomplete"
  | "downgrade"
  /** An operator went back from it, or from a newer one. */
  | "rolled-back"
  | WaitingVersion["code"];

/** Why something is. */
export type DeployCode =
  | "first"
  | "newer"
  | "older"
  /** Another artifact under the same version. */
  | "changed"
  /** It is the deployed version, and not all of it is there. */
  | "missing"
  | "rollback"
  | "pinned"
  /** A command named it. */
  | "ordered";

/** What to do with the registry's answer, and why. */
export type Action =
  | {
    readonly kind: "deploy";
    readonly code: DeployCode;
    readonly release: Release;
    readonly reason: string;
  }
  | {
    readonly kind: "skip";
    readonly code: SkipCode;
    readonly reason: string;
    readonly tag?: string;
    /** What it waits for, when it does. */
    readonly waits?: readonly WaitingVersion[];
  };

/** What {@link decide} looks at. */
export interface Situation extends WaitFacts {
  readonly latest: Latest;
  /** Whether the deployed release's folder is there and `current` leads to a folder. */
  readonly intact: boolean;
  /** Whether `current` leads to another folder than the deployed release's. */
  readonly diverted: boolean;
  /** What is not as it should be, when the release is not intact. */
  readonly missing?: string | undefined;
  readonly rules: VersionRules;
  readonly allowDowngrade: boolean;
}

/** Decides whether the registry's answer is to be deployed. */
export function decide(situation: Situation): Action {
  const { latest } = situation;
  if (latest.kind === "filtered") {
    return { kind: "skip", code: "filtered", reason: latest.reason };
  }
  if (latest.kind === "incomplete") {
    const [newest] = latest.incomplete;
    return {
      kind: "skip",
      code: "incomplete",
      reason: newest?.reason ?? "no version is complete",
      ...(newest === undefined ? {} : { tag: newest.tag }),
    };
  }
  const { release } = latest;
  return inService(situation, release) ?? unwanted(situation, release) ??
    waiting(situation, release) ??
    { kind: "deploy", release, ...deployReason(situation, release) };
}

function inService(
  { state, task, intact, diverted }: Situation,
  release: Release,
): Action | undefined {
  const { tag } = release;
  if (state.deployed?.key !== cacheKey(release) || !intact) return undefined;
  if (!diverted) {
    const reason = `${tag} is deployed`;
    return { kind: "skip", code: "up-to-date", reason, tag };
  }
  // Someone moved the link by hand, and is overruled by a command only.
  if (isNamed(task, tag) || state.rollback?.to === tag) return undefined;
  const reason =
    `${tag} is deployed, but current leads to another folder; left as it is until a newer version comes`;
  return { kind: "skip", code: "diverted", reason, tag };
}

function unwanted(
  situation: Situation,
  { tag }: Release,
): Action | undefined {
  const { rollback } = situation.state;
  if (rollback !== undefined && isRolledBackFrom(situation, tag)) {
    const reason = rolledBackReason(rollback, tag);
    return { kind: "skip", code: "rolled-back", reason, tag };
  }
  if (!isUnwantedDowngrade(situation, tag)) return undefined;
  const reason =
    `${tag} is older than ${situation.state.deployed?.tag}, which is deployed; --allow-downgrade would take it`;
  return { kind: "skip", code: "downgrade", reason, tag };
}

function rolledBackReason({ from, also }: RollbackMark, tag: string): string {
  if (tag === from) {
    return `${tag} was rolled back from; it is left alone until a newer version appears`;
  }
  return also?.includes(tag)
    ? `${tag} was left or had failed when ${from} was rolled back from; it is left alone until the server chooses another version`
    : `${tag} is no newer than ${from}, which was rolled back from`;
}

/** An operator went back: of all that is not newer only the version that was gone back to is wanted. */
function isRolledBackFrom(
  { state: { rollback }, rules, task }: Situation,
  tag: string,
): boolean {
  if (rollback === undefined || rollback.to === tag) return false;
  if (task?.kind === "deploy" || task?.kind === "pin") return false;
  if (tag === rollback.from || rollback.also?.includes(tag)) return true;
  if (rules.chosenByServer === true) return false;
  const offered = parseVersion(tag, rules);
  const left = parseVersion(rollback.from, rules);
  if (offered === undefined || left === undefined) return false;
  return compareVersions(offered, left) <= 0;
}

function isUnwantedDowngrade(situation: Situation, tag: string): boolean {
  const { state, rules, allowDowngrade, task } = situation;
  if (rules.chosenByServer === true || isNamed(task, tag)) return false;
  if (state.pin?.tag === tag || state.rollback?.to === tag) return false;
  // Anything is better than a release that is gone from the disk.
  if (allowDowngrade || !situation.intact) return false;
  if (state.deployed === undefined) return false;
  const offered = parseVersion(tag, rules);
  const deployed = parseVersion(state.deployed.tag, rules);
  if (offered === undefined || deployed === undefined) return false;
  // The settings no longer let the deployed version through: someone wants another.
  if (newestFirst([state.deployed.tag], rules).length === 0) return false;
  return compareVersions(offered, deployed) < 0;
}

function waiting(
  situation: Situation,
  release: Release,
): Action | undefined {
  const waits = waitsOf(release, situation);
  const [first] = waits;
  if (first === undefined) return undefined;
  const { code, reason } = first;
  return { kind: "skip", code, reason, tag: release.tag, waits };
}

function isNamed(task: Situation["task"], tag: string): boolean {
  return (task?.kind === "deploy" || task?.kind === "pin") && task.tag === tag;
}

function deployReason(
  { state, rules, missing, task, intact }: Situation,
  release: Release,
): { readonly code: DeployCode; readonly reason: string } {
  const { deployed, rollback, pin } = state;
  const { tag } = release;
  if (deployed === undefined) return { code: "first", reason: "first deploy" };
  if (deployed.key === cacheKey(release) && !intact) {
    const reason = missing ?? "the deployed release is missing on disk";
    return { code: "missing", reason };
  }
  if (rollback?.to === tag) {
    return { code: "rollback", reason: `rolled back from ${rollback.from}` };
  }
  if (pin?.tag === tag) return { code: "pinned", reason: "pinned by command" };
  if (isNamed(task, tag)) return { code: "ordered", reason: "by command" };
  const offered = parseVersion(tag, rules);
  const present = parseVersion(deployed.tag, rules);
  const order = offered === undefined || present === undefined
    ? 0
    : compareVersions(offered, present);
  if (order > 0) return { code: "newer", reason: `newer than ${deployed.tag}` };
  if (order < 0) {
    const reason = `older than ${deployed.tag}, as the settings ask`;
    return { code: "older", reason };
  }
  const reason = `another artifact than that of ${deployed.tag}`;
  return { code: "changed", reason };
}
