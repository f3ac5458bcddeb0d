import type { Release, VersionRules } from "../base/release.ts";
import { cacheKey } from "../base/release.ts";
import { compareVersions, newestFirst, parseVersion } from "../base/version.ts";
import type { Latest } from "../registry/registry.ts";
import type { FailedRelease, State } from "./state.ts";

/** Why nothing is deployed. */
export type SkipCode =
  | "up-to-date"
  | "diverted"
  | "filtered"
  | "incomplete"
  | "downgrade"
  | "failed-before";

/** What to do with the registry's answer, and why. */
export type Action =
  | {
    readonly kind: "deploy";
    readonly release: Release;
    readonly reason: string;
  }
  | {
    readonly kind: "skip";
    readonly code: SkipCode;
    readonly reason: string;
    readonly tag?: string;
  };

/** What {@link decide} looks at. */
export interface Situation {
  readonly latest: Latest;
  readonly state: State;
  /** Whether the deployed release's folder is there and `current` leads to a folder. */
  readonly intact: boolean;
  /** Whether `current` leads to another folder than the deployed release's. */
  readonly diverted: boolean;
  /** What is not as it should be, when the release is not intact. */
  readonly missing?: string | undefined;
  readonly rules: VersionRules;
  readonly allowDowngrade: boolean;
  /** Whether a release that failed before is tried without a pause. */
  readonly ignoreFailures: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Decides whether the registry's answer is to be deployed. */
export function decide(situation: Situation): Action {
  const { latest, state } = situation;
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
  const { tag } = release;
  if (state.deployed?.key === cacheKey(release) && situation.intact) {
    if (situation.diverted) return skipDiverted(tag);
    return {
      kind: "skip",
      code: "up-to-date",
      reason: `${tag} is deployed`,
      tag,
    };
  }
  const failure = recentFailure(situation, release);
  if (failure !== undefined) {
    return {
      kind: "skip",
      code: "failed-before",
      reason: failureReason(failure),
      tag,
    };
  }
  if (isUnwantedDowngrade(situation, tag)) {
    return {
      kind: "skip",
      code: "downgrade",
      reason:
        `${tag} is older than ${state.deployed?.tag}, which is deployed; --allow-downgrade would take it`,
      tag,
    };
  }
  return { kind: "deploy", release, reason: deployReason(situation, release) };
}

/** Someone moved the link by hand, and is not to be overruled. */
function skipDiverted(tag: string): Action {
  const reason =
    `${tag} is deployed, but current leads to another folder; left as it is until a newer version comes`;
  return { kind: "skip", code: "diverted", reason, tag };
}

function recentFailure(
  { state, now, ignoreFailures }: Situation,
  release: Release,
): FailedRelease | undefined {
  if (ignoreFailures) return undefined;
  const key = cacheKey(release);
  const failure = state.failures.find((failed) => failed.key === key);
  if (failure === undefined) return undefined;
  // Other bytes were published behind the same tag.
  if (failure.fingerprint !== release.fingerprint) return undefined;
  const leftMs = failure.retryAt - now;
  // More than the whole pause is left when the clock was set back.
  const pauseMs = failure.retryAt - failure.lastAt;
  return leftMs > 0 && leftMs <= pauseMs ? failure : undefined;
}

function failureReason(failure: FailedRelease): string {
  const retry = new Date(failure.retryAt).toISOString();
  return `${failure.tag} failed ${failure.attempts} ${
    failure.attempts === 1 ? "time" : "times"
  }: ${failure.reason}; next attempt after ${retry}`;
}

function isUnwantedDowngrade(situation: Situation, tag: string): boolean {
  const { state, rules, allowDowngrade } = situation;
  if (rules.chosenByServer === true) return false;
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

function deployReason(
  { state, rules, missing }: Situation,
  release: Release,
): string {
  const { deployed } = state;
  if (deployed === undefined) return "first deploy";
  if (deployed.key === cacheKey(release)) {
    return missing ?? "the deployed release is missing on disk";
  }
  const offered = parseVersion(release.tag, rules);
  const present = parseVersion(deployed.tag, rules);
  const order = offered === undefined || present === undefined
    ? 0
    : compareVersions(offered, present);
  if (order > 0) return `newer than ${deployed.tag}`;
  if (order < 0) return `older than ${deployed.tag}, as the settings ask`;
  return `another artifact than that of ${deployed.tag}`;
}
