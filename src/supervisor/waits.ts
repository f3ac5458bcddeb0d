import {
  type DeployWindow,
  isWindowOpen,
  nextWindowAt,
} from "../base/deploy_window.ts";
import { formatDuration } from "../base/duration.ts";
import { cacheKey, type Release } from "../base/release.ts";
import type { Task } from "./orders.ts";
import type { FailedRelease, State } from "./state.ts";
import { firstSeen } from "./state_operator.ts";
import type { WaitingVersion } from "./status.ts";

/** When a version that is wanted may be deployed. */
export interface Timing {
  /** How long a version must have been seen here, milliseconds; 0 for at once. */
  readonly cooldownMs: number;
  /** When deploys may start; always when empty. */
  readonly windows: readonly DeployWindow[];
}

/** What {@link waitsOf} looks at. */
export interface WaitFacts extends Timing {
  readonly state: State;
  /** What an operator wants of this very tick. */
  readonly task?: Task | undefined;
  /** Whether a release that failed before is tried without a pause. */
  readonly ignoreFailures: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Returns all that a release has to wait for, what comes first in front; nothing when it may be deployed. */
export function waitsOf(
  release: Release,
  facts: WaitFacts,
): readonly WaitingVersion[] {
  const { state, task } = facts;
  const { tag } = release;
  const isWayBack = state.rollback?.to === tag;
  // An operator who goes back does not wait for anything.
  if (isWayBack && state.deployed?.tag !== tag) return [];
  const waits = [holdOf(tag, state)];
  if (task?.kind !== "deploy" && task?.kind !== "pin") {
    waits.push(failureOf(release, facts));
    // What is in service, or should be, is none.
    const isNews = !isWayBack && state.pin?.tag !== tag &&
      !isDeployed(release, state);
    if (isNews) {
      waits.push(cooldownOf(release, facts), windowOf(tag, facts));
    }
  }
  return waits.filter((wait) => wait !== undefined);
}

/** Whether a release is the one in service, to the byte as far as the registry shows. */
function isDeployed(release: Release, { deployed }: State): boolean {
  if (deployed?.key !== cacheKey(release)) return false;
  return deployed.fingerprint === undefined ||
    deployed.fingerprint === release.fingerprint;
}

function holdOf(tag: string, { hold }: State): WaitingVersion | undefined {
  if (hold === undefined) return undefined;
  const why = hold.reason ? `: ${hold.reason}` : "";
  const reason = `deploys are on hold${why}; "dewy resume" ends that`;
  return { version: tag, code: "hold", until: undefined, reason };
}

function failureOf(
  release: Release,
  { state, now, ignoreFailures }: WaitFacts,
): WaitingVersion | undefined {
  if (ignoreFailures) return undefined;
  const key = cacheKey(release);
  const failure = state.failures.find((failed) => failed.key === key);
  if (failure === undefined) return undefined;
  // Other bytes were published behind the same tag.
  if (failure.fingerprint !== release.fingerprint) return undefined;
  const leftMs = failure.retryAt - now;
  // More than the whole pause is left when the clock was set back.
  const pauseMs = failure.retryAt - failure.lastAt;
  if (leftMs <= 0 || leftMs > pauseMs) return undefined;
  const { tag: version, retryAt: until } = failure;
  const reason = failureReason(failure);
  return { version, code: "failed-before", until, reason };
}

function failureReason(failure: FailedRelease): string {
  const retry = new Date(failure.retryAt).toISOString();
  return `${failure.tag} failed ${failure.attempts} ${
    failure.attempts === 1 ? "time" : "times"
  }: ${failure.reason}; next attempt after ${retry}`;
}

/** On a host that runs nothing there is nothing to be careful with. */
function cooldownOf(
  { tag, fingerprint }: Release,
  { state, cooldownMs, now }: WaitFacts,
): WaitingVersion | undefined {
  if (cooldownMs <= 0 || state.deployed === undefined) return undefined;
  const seenAt = firstSeen(state, { tag, fingerprint });
  const until = seenAt === undefined ? undefined : seenAt + cooldownMs;
  if (until !== undefined && now >= until) return undefined;
  const when = until === undefined
    ? ""
    : `; it is deployed after ${secondOf(until)}`;
  const reason = `${tag} was first seen less than ${
    formatDuration(cooldownMs)
  } ago${when}`;
  return { version: tag, code: "cooldown", until, reason };
}

function windowOf(
  tag: string,
  { state, windows, now }: WaitFacts,
): WaitingVersion | undefined {
  if (state.deployed === undefined || isWindowOpen(windows, now)) {
    return undefined;
  }
  const until = nextWindowAt(windows, now);
  const when = until === undefined
    ? "and none is near"
    : `the next one opens at ${secondOf(until)}`;
  const reason = `outside of the deploy windows; ${when}`;
  return { version: tag, code: "window", until, reason };
}

/** `2026-01-15T12:00:00Z`. */
function secondOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
