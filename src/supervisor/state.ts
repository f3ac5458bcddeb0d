import type { Hold, Pin, RollbackMark, Sighting } from "./state_operator.ts";

/** A release that was brought into service. */
export interface DeployedRelease {
  readonly tag: string;
  /** Cache key of its artifact. */
  readonly key: string;
  /** SHA-256 of its artifact, lower-case hex; unknown for one taken over from another dewy. */
  readonly sha256?: string | undefined;
  /** What the registry showed of it. */
  readonly fingerprint?: string | undefined;
  /** Absolute path of its folder. */
  readonly path: string;
  /** When it came into service, Unix milliseconds. */
  readonly at: number;
  /** Failed attempts in a row before it came up. */
  readonly failedBefore?: number | undefined;
}

/** A deploy that was begun: after a crash it tells the next start what to put back. */
export interface DeployIntent {
  readonly tag: string;
  readonly key: string;
  readonly fingerprint?: string | undefined;
  readonly sha256?: string | undefined;
  /** Folder of the release that is coming. */
  readonly path: string;
  /** Folder that `current` led to before; left out when there was none. */
  readonly previousPath?: string | undefined;
  /** Whether the folder was there before, of a release that once was in service. */
  readonly recalled?: boolean | undefined;
  readonly startedAt: number;
}

/** A version that could not be deployed, by its cache key. */
export interface FailedRelease {
  readonly tag: string;
  readonly key: string;
  /** What the registry showed; other bytes behind the same tag have another one. */
  readonly fingerprint?: string | undefined;
  readonly sha256?: string | undefined;
  readonly reason: string;
  /** Whether its bytes are bad, so that the same bytes need no second look. */
  readonly quarantined: boolean;
  readonly attempts: number;
  readonly lastAt: number;
  /** Not tried again before, Unix milliseconds. */
  readonly retryAt: number;
}

/** One line of the history. */
export interface HistoryEntry {
  readonly at: number;
  readonly tag: string;
  readonly key: string;
  readonly sha256?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** Of a release that came into service: where its folder is, or the URL of its image. */
  readonly path?: string | undefined;
  /** `rolled-back`: brought back by a command. */
  readonly outcome: "deployed" | "failed" | "interrupted" | "rolled-back";
  readonly reason: string;
  readonly durationMs: number;
}

/** What dewy remembers between two starts; it stands in `.dewy/state.json`. */
export interface State {
  readonly format: 1;
  /** The release in service. */
  readonly deployed?: DeployedRelease | undefined;
  /** The one in service before it, kept on disk for a way back. */
  readonly previous?: DeployedRelease | undefined;
  readonly deploying?: DeployIntent | undefined;
  readonly failures: readonly FailedRelease[];
  /** SHA-256 of cached artifacts as they were when downloaded, by cache key and fingerprint. */
  readonly digests: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly history: readonly HistoryEntry[];
  readonly pin?: Pin | undefined;
  readonly hold?: Hold | undefined;
  readonly rollback?: RollbackMark | undefined;
  /** Oldest first; kept only where a cooldown asks for it. */
  readonly sightings?: readonly Sighting[] | undefined;
}

/** The state before the first deploy. */
export const EMPTY_STATE: State = {
  format: 1,
  failures: [],
  digests: {},
  history: [],
};

const HISTORY_LENGTH = 100;
const FAILURES_KEPT = 20;
const DIGESTS_KEPT = 50;

/** A deploy has begun: the release is unpacked, and `current` is about to move. */
export function beginDeploy(state: State, deploying: DeployIntent): State {
  return { ...state, deploying };
}

/** The release is in service. */
export function completeDeploy(
  state: State,
  deployed: DeployedRelease,
  durationMs: number,
): State {
  const { tag, key, at, sha256, fingerprint, path } = deployed;
  const failedBefore = state.failures.find((failed) => failed.key === key)
    ?.attempts;
  const isReturn = state.rollback?.to === tag && state.deployed?.tag !== tag;
  const entry = { at, tag, key, sha256, fingerprint, path, durationMs };
  return {
    ...state,
    deploying: undefined,
    deployed: { ...deployed, failedBefore },
    previous: previousOf(state, deployed, isReturn),
    // Whatever else is deployed ends the way back.
    rollback: state.rollback?.to === tag ? state.rollback : undefined,
    failures: state.failures.filter((failed) => failed.key !== key),
    history: addHistory(state, {
      ...entry,
      outcome: isReturn ? "rolled-back" : "deployed",
      reason: isReturn ? `back from ${state.rollback?.from}` : "",
    }),
  };
}

/** Returns what a further roll-back would go to: never the one that was just rolled back from. */
function previousOf(
  state: State,
  { tag, key }: DeployedRelease,
  isReturn: boolean,
): DeployedRelease | undefined {
  if (isReturn) return servedBefore(state, tag);
  return state.deployed?.key === key ? state.previous : state.deployed;
}

/** Returns the release that was in service before `tag` first was, as far as the history knows. */
export function servedBefore(
  { history }: State,
  tag: string,
): DeployedRelease | undefined {
  const deploys = history.filter(({ outcome }) => outcome === "deployed");
  const end = deploys.findLastIndex((entry) => entry.tag === tag);
  const before = deploys.slice(0, Math.max(end, 0))
    .findLast((entry) => entry.tag !== tag && entry.path !== undefined);
  if (before?.path === undefined) return undefined;
  const { key, sha256, fingerprint, path, at } = before;
  return { tag: before.tag, key, sha256, fingerprint, path, at };
}

/** The release could not be deployed; what was in service before is again. */
export function failDeploy(
  state: State,
  failure: FailedRelease,
  { kind: outcome, durationMs }: {
    readonly kind: "failed" | "interrupted";
    readonly durationMs: number;
  },
): State {
  const { tag, key, sha256, fingerprint, reason, lastAt: at } = failure;
  const others = state.failures.filter((other) => other.key !== key);
  return {
    ...state,
    deploying: undefined,
    failures: [...others, failure].slice(-FAILURES_KEPT),
    history: addHistory(state, {
      at,
      tag,
      key,
      sha256,
      fingerprint,
      outcome,
      reason,
      durationMs,
    }),
  };
}

/** The release in service is bad: the one before it is to be in service again. */
export function beginRollback(
  state: State,
  bad: DeployedRelease,
  good: DeployedRelease,
): State {
  const { tag, key, path, at, sha256, fingerprint } = bad;
  return {
    ...state,
    deployed: good,
    previous: undefined,
    // What an operator went back to does not hold either.
    rollback: state.rollback && { ...state.rollback, to: good.tag },
    deploying: {
      tag,
      key,
      sha256,
      fingerprint,
      path,
      previousPath: good.path,
      startedAt: at,
    },
  };
}

/** Releases that failed may be tried again at once: the one with this tag, or all. */
export function endPause(
  state: State,
  tag: string | undefined,
  now: number,
): State {
  const isMeant = (failed: FailedRelease) =>
    (tag === undefined || failed.tag === tag) && failed.retryAt > now;
  if (!state.failures.some(isMeant)) return state;
  const failures = state.failures.map((failed) =>
    isMeant(failed) ? { ...failed, retryAt: now } : failed
  );
  return { ...state, failures };
}

/** The deploy was called off by a stop; nothing is to be remembered of it. */
export function cancelDeploy(state: State): State {
  return { ...state, deploying: undefined };
}

/** Remembers the digest of an artifact that was downloaded. */
export function recordDigest(state: State, key: string, sha256: string): State {
  const { [key]: _, ...others } = state.digests;
  const kept = Object.entries(others).slice(-(DIGESTS_KEPT - 1));
  return { ...state, digests: Object.fromEntries([...kept, [key, sha256]]) };
}

/** Takes over a release that another dewy deployed, as the one in service. */
export function adoptRelease(state: State, deployed: DeployedRelease): State {
  return { ...state, deployed };
}

function addHistory(
  state: State,
  entry: HistoryEntry,
): readonly HistoryEntry[] {
  return [...state.history, entry].slice(-HISTORY_LENGTH);
}
