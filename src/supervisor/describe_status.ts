import type { Progress } from "./progress.ts";
import type { Pulse } from "./pulse.ts";
import type { DeployedRelease, HistoryEntry, State } from "./state.ts";
import type {
  DeployRecord,
  FailedVersion,
  PortStatus,
  ProgramStatus,
  ReplicaStatus,
  ServedVersion,
  Status,
} from "./status.ts";

/** What is known of dewy before it runs. */
export interface ProgramFacts {
  readonly command: Status["command"];
  /** Name of the application. */
  readonly app: string;
  /** Lower-cased host name. */
  readonly host: string;
  /** dewy's own version. */
  readonly version: string;
  readonly pid: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** As it may be shown. */
  readonly registryUrl: string;
}

/** What runs, as whoever runs it sees it. */
export interface Running {
  /** In server mode. */
  readonly program?: () => Pick<ProgramStatus, "pid" | "running">;
  /** In container mode. */
  readonly replicas?: () => readonly ReplicaStatus[];
  /** In container mode. */
  readonly ports?: () => readonly PortStatus[];
}

/** What {@link describeStatus} puts together. */
export interface StatusParts {
  readonly facts: ProgramFacts;
  readonly running: Running;
  readonly state: State;
  readonly pulse: Pulse;
  readonly progress: Progress;
}

/** Returns how things are. */
export function describeStatus(parts: StatusParts): Status {
  const { facts: { registryUrl, ...facts }, running, state, pulse } = parts;
  const { deploying: step } = parts.progress;
  const { pin, hold } = state;
  return {
    ...facts,
    phase: pulse.phase,
    current: servedOf(state.deployed),
    previous: servedOf(state.previous),
    deploying: step && {
      version: step.tag,
      since: step.since,
      step: step.step,
    },
    decision: pulse.decision,
    registry: {
      url: registryUrl,
      lastAskedAt: pulse.lastAskedAt,
      lastAnsweredAt: pulse.lastAnsweredAt,
      failures: pulse.failures,
      error: pulse.error,
      nextPollAt: pulse.nextPollAt,
    },
    pin: pin && { version: pin.tag, since: pin.at },
    hold: hold && { since: hold.at, reason: hold.reason },
    waiting: pulse.waiting,
    failed: failuresOf(state),
    program: programOf(parts),
    replicas: running.replicas?.() ?? [],
    ports: running.ports?.() ?? [],
  };
}

/** Returns how deploys ended, newest first. */
export function describeHistory({ history }: State): DeployRecord[] {
  return history.toReversed().map((entry) => {
    const { at, tag: version, outcome, reason, durationMs } = entry;
    const digest = digestOf(entry);
    return { at, version, outcome, reason, durationMs, digest };
  });
}

function servedOf(
  release: DeployedRelease | undefined,
): ServedVersion | undefined {
  if (release === undefined) return undefined;
  const { tag: version, at: since } = release;
  return { version, since, digest: digestOf(release) };
}

/** Of an image the fingerprint is its digest. */
function digestOf(
  { sha256, fingerprint }: Pick<HistoryEntry, "sha256" | "fingerprint">,
): string | undefined {
  if (sha256 !== undefined) return sha256;
  const isDigest = fingerprint?.startsWith("sha256:") === true;
  return isDigest ? fingerprint : undefined;
}

function failuresOf({ failures }: State): FailedVersion[] {
  return failures.toSorted((a, b) => b.lastAt - a.lastAt).map((failed) => {
    const { tag: version, reason, quarantined, attempts, lastAt, retryAt } =
      failed;
    return { version, reason, quarantined, attempts, lastAt, retryAt };
  });
}

function programOf(
  { running, progress }: StatusParts,
): ProgramStatus | undefined {
  const program = running.program?.();
  if (program === undefined) return undefined;
  const { generation, restarts, deaths } = progress;
  const { pid, running: isRunning } = program;
  return { pid, running: isRunning, generation, restarts, deaths };
}
