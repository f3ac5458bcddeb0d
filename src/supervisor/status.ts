/** What dewy is busy with. */
export type Phase =
  /** It puts its working directory in order and brings back what was in service. */
  | "starting"
  /** It waits for the next poll. */
  | "waiting"
  /** It asks the registry and decides. */
  | "checking"
  | "deploying"
  | "stopping";

/** How far a deploy has come; container mode has no `unpack`, `activate` nor `start` of its own. */
export type DeployStep =
  /** The artifact or image is fetched. */
  | "download"
  /** Its bytes are compared with what was found bad before. */
  | "verify"
  | "unpack"
  /** A command of the operator runs, before or after the swap. */
  | "hook"
  /** The link `current` is moved. */
  | "activate"
  /** The program starts from the new release and proves itself. */
  | "start"
  /** A container was started and is looked at until it is healthy. */
  | "health"
  /** Containers of the release before are drained and stopped. */
  | "replace";

/** A version in service, or the one before. Times here and below are Unix milliseconds. */
export interface ServedVersion {
  readonly version: string;
  /** When it came into service. */
  readonly since: number;
  /** SHA-256 of the artifact in lower-case hex, or the digest of the image; left out when unknown. */
  readonly digest: string | undefined;
}

/** What the last tick decided. */
export interface Decision {
  readonly at: number;
  readonly kind: "deploy" | "skip";
  /** `newer`, `up-to-date`, `cooldown`, …: for programs; the reason is for people. */
  readonly code: string;
  readonly version: string | undefined;
  readonly reason: string;
}

/** How the registry has answered. */
export interface RegistryStatus {
  /** As it may be shown: without credentials and query. */
  readonly url: string;
  readonly lastAskedAt: number | undefined;
  readonly lastAnsweredAt: number | undefined;
  /** Questions in a row that failed. */
  readonly failures: number;
  /** Why the last question failed; left out when it did not. */
  readonly error: string | undefined;
  readonly nextPollAt: number | undefined;
}

/** A version that is wanted and has to wait. */
export interface WaitingVersion {
  readonly version: string;
  readonly code: "cooldown" | "window" | "failed-before" | "hold";
  /** Until when; left out when an operator's word ends it, or nobody can tell. */
  readonly until: number | undefined;
  readonly reason: string;
}

/** A version whose deploy failed. */
export interface FailedVersion {
  readonly version: string;
  readonly reason: string;
  /** Whether its bytes are bad, so that only other bytes can help. */
  readonly quarantined: boolean;
  /** Failed attempts in a row. */
  readonly attempts: number;
  readonly lastAt: number;
  /** Not tried again before. */
  readonly retryAt: number;
}

/** The program of server mode. */
export interface ProgramStatus {
  /** Of the worker in front; left out while none runs. */
  readonly pid: number | undefined;
  /** Counts the starts of the program since dewy started; 0 before the first. */
  readonly generation: number;
  /** Whether a worker runs, or its replacement is due. */
  readonly running: boolean;
  /** Restarts since dewy started, also those after a death. */
  readonly restarts: number;
  /** Workers that ended by themselves since dewy started. */
  readonly deaths: number;
}

/** One container behind the proxy. */
export interface ReplicaStatus {
  readonly name: string;
  readonly version: string;
  /** `127.0.0.1:49152`; empty when it publishes no port. */
  readonly address: string;
  /** Whether clients are sent to it. */
  readonly healthy: boolean;
  readonly inFlight: number;
  /**
   * Requests that it was given so far, and connections of TCP ports; begins anew
   * with a part of the proxy that was lost.
   */
  readonly requestsTotal: number;
  /** When it came into service. */
  readonly since: number;
}

/** Where a port of the proxy sends its clients. */
export interface BackendStatus {
  readonly address: string;
  readonly state: "ready" | "draining" | "ejected";
  readonly inFlight: number;
}

/** One port of the proxy. */
export interface PortStatus {
  readonly port: number;
  readonly protocol: "http" | "tcp";
  /** Open now. */
  readonly connections: number;
  /** Since the start of dewy. */
  readonly connectionsTotal: number;
  /** Left out where requests are not counted. */
  readonly requestsTotal: number | undefined;
  readonly errorsTotal: number;
  readonly backends: readonly BackendStatus[];
}

/** All that an operator may want to know at one moment. */
export interface Status {
  readonly command: "server" | "assets" | "container";
  /** Name of the application. */
  readonly app: string;
  /** Lower-cased host name. */
  readonly host: string;
  /** dewy's own version. */
  readonly version: string;
  /** dewy's own process id. */
  readonly pid: number;
  readonly startedAt: number;
  readonly phase: Phase;
  readonly current: ServedVersion | undefined;
  readonly previous: ServedVersion | undefined;
  readonly deploying:
    | {
      readonly version: string;
      readonly since: number;
      readonly step: DeployStep;
    }
    | undefined;
  readonly decision: Decision | undefined;
  readonly registry: RegistryStatus;
  /** The only version that is wanted, until it is unpinned. */
  readonly pin:
    | { readonly version: string; readonly since: number }
    | undefined;
  /** Set while no deploys start; checking goes on. */
  readonly hold:
    | { readonly since: number; readonly reason: string | undefined }
    | undefined;
  readonly waiting: readonly WaitingVersion[];
  /** Latest failure first. */
  readonly failed: readonly FailedVersion[];
  /** In server mode only. */
  readonly program: ProgramStatus | undefined;
  /** In container mode, else empty. */
  readonly replicas: readonly ReplicaStatus[];
  /** In container mode, else empty. */
  readonly ports: readonly PortStatus[];
}

/** How one deploy ended. */
export interface DeployRecord {
  readonly at: number;
  readonly version: string;
  /** `rolled-back` when it was brought back by a command; `interrupted` when dewy itself ended. */
  readonly outcome: "deployed" | "failed" | "interrupted" | "rolled-back";
  /** Why it failed, or who wanted it; may be empty. */
  readonly reason: string;
  readonly durationMs: number;
  readonly digest: string | undefined;
}

/** What becomes of one version of the registry. */
export interface PlannedVersion {
  readonly version: string;
  readonly verdict:
    /** It would be deployed now. */
    | "chosen"
    /** It is in service. */
    | "current"
    /** It would be, and has to wait: cooldown, window, hold, failed before. */
    | "waiting"
    /** An operator does not want it: another one is pinned, or it was rolled back from. */
    | "refused"
    | "older"
    /** Slot, pre-release or constraint do not let it through. */
    | "filtered"
    /** Its artifact is not there, or not for this host. */
    | "incomplete";
  readonly reason: string;
}

/** What would be deployed now, and why each other version would not. */
export interface Plan {
  readonly action: Omit<Decision, "at">;
  /** Newest first, as many as the registry shows and at most 50. */
  readonly versions: readonly PlannedVersion[];
  readonly askedAt: number;
}
