/** A release that was brought into service. */
export interface DeployedRelease {
  readonly tag: string;
  /** Cache key of its artifact. */
  readonly key: string;
  /** SHA-256 of its artifact, lower-case hex; unknown for one taken over from another dewy. */
  readonly sha256?: string;
  /** Absolute path of its folder. */
  readonly path: string;
  /** When it came into service, Unix milliseconds. */
  readonly at: number;
}

/** A deploy that was begun: after a crash it tells the next start what to put back. */
export interface DeployIntent {
  readonly tag: string;
  readonly key: string;
  readonly fingerprint?: string;
  readonly sha256?: string;
  /** Folder of the release that is coming. */
  readonly path: string;
  /** Folder that `current` led to before; left out when there was none. */
  readonly previousPath?: string;
  readonly startedAt: number;
}

/** A version that could not be deployed, by its cache key. */
export interface FailedRelease {
  readonly tag: string;
  readonly key: string;
  /** What the registry showed; other bytes behind the same tag have another one. */
  readonly fingerprint?: string;
  readonly sha256?: string;
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
  readonly sha256?: string;
  readonly outcome: "deployed" | "failed" | "interrupted";
  readonly reason: string;
  readonly durationMs: number;
}

/** What dewy remembers between two starts; it stands in `.dewy/state.json`. */
export interface State {
  readonly format: 1;
  /** The release in service. */
  readonly deployed?: DeployedRelease;
  /** The one in service before it, kept on disk for a way back. */
  readonly previous?: DeployedRelease;
  readonly deploying?: DeployIntent;
  readonly failures: readonly FailedRelease[];
  /** SHA-256 of cached artifacts as they were when downloaded, by cache key. */
  readonly digests: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly history: readonly HistoryEntry[];
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
  const { deploying: _, ...rest } = state;
  const { tag, key, at, sha256 } = deployed;
  const failures = state.failures.filter((failure) => failure.key !== key);
  const previous = state.deployed?.path === deployed.path
    ? state.previous
    : state.deployed;
  return {
    ...rest,
    deployed,
    ...(previous === undefined ? {} : { previous }),
    failures,
    history: addHistory(state, {
      at,
      tag,
      key,
      ...(sha256 === undefined ? {} : { sha256 }),
      outcome: "deployed",
      reason: "",
      durationMs,
    }),
  };
}

/** The release could not be deployed; what was in service before is again. */
export function failDeploy(
  state: State,
  failure: FailedRelease,
  outcome: {
    readonly kind: "failed" | "interrupted";
    readonly durationMs: number;
  },
): State {
  const { deploying: _, ...rest } = state;
  const { tag, key, sha256, reason, lastAt } = failure;
  const others = state.failures.filter((other) => other.key !== key);
  return {
    ...rest,
    failures: [...others, failure].slice(-FAILURES_KEPT),
    history: addHistory(state, {
      at: lastAt,
      tag,
      key,
      ...(sha256 === undefined ? {} : { sha256 }),
      outcome: outcome.kind,
      reason,
      durationMs: outcome.durationMs,
    }),
  };
}

/** The deploy was called off by a stop; nothing is to be remembered of it. */
export function cancelDeploy(state: State): State {
  const { deploying: _, ...rest } = state;
  return rest;
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
