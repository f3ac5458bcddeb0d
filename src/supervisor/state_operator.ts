import type { DeployedRelease, State } from "./state.ts";
import { servedBefore } from "./state.ts";

/** The only version that an operator wants. */
export interface Pin {
  readonly tag: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** No deploys start. */
export interface Hold {
  /** Unix milliseconds. */
  readonly at: number;
  readonly reason?: string | undefined;
}

/** An operator went back: `to` is wanted until a version newer than `from` appears. */
export interface RollbackMark {
  readonly from: string;
  readonly to: string;
  /** Others that are not wanted, where a server chooses and no order says that they are no newer. */
  readonly also?: readonly string[] | undefined;
  /** Unix milliseconds. */
  readonly at: number;
}

/** When dewy itself first saw a version; other bytes behind its tag are seen anew. */
export interface Sighting {
  readonly tag: string;
  readonly fingerprint?: string | undefined;
  /** Unix milliseconds. */
  readonly at: number;
}

/** More are not kept: what is not written down has an unknown age, and waits. */
const SIGHTINGS_KEPT = 500;

/** Only `tag` is wanted; a roll-back ends with that. */
export function pinVersion(state: State, tag: string, at: number): State {
  return { ...state, pin: { tag, at }, rollback: undefined };
}

/** Any version is wanted again. */
export function unpin(state: State): State {
  return { ...state, pin: undefined };
}

/** No deploys start from now on. */
export function holdDeploys(state: State, hold: Hold): State {
  return { ...state, hold };
}

/** Deploys start again. */
export function resumeDeploys(state: State): State {
  return { ...state, hold: undefined };
}

/** An operator wants to go back from what is in service. */
export function markRollback(state: State, mark: RollbackMark): State {
  return { ...state, rollback: mark };
}

/** The way back is given up; what was gone back from before is wanted no more than it was. */
export function giveUpRollback(state: State): State {
  const { rollback, deployed } = state;
  const isFurther = rollback !== undefined && deployed !== undefined &&
    rollback.from !== deployed.tag;
  const before = isFurther ? { ...rollback, to: deployed.tag } : undefined;
  return { ...state, rollback: before };
}

/** Returns what a roll-back goes to when no version is named. */
export function rollbackTarget(state: State): DeployedRelease | undefined {
  const { deployed, previous, rollback } = state;
  if (deployed === undefined) return undefined;
  const target = previous ?? servedBefore(state, deployed.tag);
  return target?.tag === rollback?.from ? undefined : target;
}

/** Returns when a version was first seen, Unix milliseconds. */
export function firstSeen(
  { sightings = [] }: State,
  { tag, fingerprint }: Pick<Sighting, "tag" | "fingerprint">,
): number | undefined {
  const seen = sightings.find((one) => one.tag === tag);
  return seen?.fingerprint === fingerprint ? seen?.at : undefined;
}

/**
 * Writes down that a version is seen. Returns `state` itself when that is known
 * already. Where there is no room, the oldest one gives way that is mature; while
 * none is, the new one has to wait for its turn, so that those before it mature.
 */
export function sight(
  state: State,
  seen: Sighting,
  cooldownMs: number,
): State {
  const known = firstSeen(state, seen);
  // A time to come was written before the clock was set back.
  if (known !== undefined && known <= seen.at) return state;
  const others = (state.sightings ?? []).filter(({ tag }) => tag !== seen.tag);
  if (others.length < SIGHTINGS_KEPT) {
    return { ...state, sightings: [...others, seen] };
  }
  const mature = others.findIndex(({ at }) => seen.at - at >= cooldownMs);
  if (mature < 0) return state;
  return { ...state, sightings: [...others.toSpliced(mature, 1), seen] };
}
