/** How a hook ended. */
export interface HookResult {
  readonly when: "before" | "after";
  readonly command: string;
  /** What it printed, trimmed and cut to the cap. */
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code; -1 when a signal ended it, 1 when it could not be run. */
  readonly exitCode: number;
  readonly durationMs: number;
  /** Whether the time limit ended it. */
  readonly timedOut: boolean;
}

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What ended a deploy that failed, for state, logs and people. */
export interface DeployFailure {
  readonly tag: string;
  readonly error: Error;
  /** The version that runs or is linked again; left out when there is none. */
  readonly restoredTo?: string | undefined;
  readonly attempts: number;
  /** When it is tried again, Unix milliseconds. */
  readonly retryAt: number;
}

/**
 * Everything that happens in dewy, as one union: the log, notifications,
 * metrics, history and the status page only read it. Times in milliseconds.
 */
export type DeployEvent =
  | {
    readonly type: "started";
    readonly command: string;
    readonly version: string;
    readonly commit: string;
    readonly date: string;
  }
  | { readonly type: "stopping"; readonly signal: string }
  | { readonly type: "stopped" }
  | {
    readonly type: "ignored-signal";
    readonly signal: string;
    readonly reason: string;
  }
  | { readonly type: "setting-unavailable"; readonly message: string }
  | {
    readonly type: "unknown-variable";
    readonly name: string;
    /** What was probably meant. */
    readonly nearest: string | undefined;
  }
  | { readonly type: "privileged-port"; readonly port: number }
  | { readonly type: "fetch-widened"; readonly hosts: readonly string[] }
  | { readonly type: "leftovers-removed"; readonly paths: readonly string[] }
  | {
    readonly type: "state-unreadable";
    readonly path: string;
    readonly movedTo: string;
    readonly error: Error;
  }
  | {
    readonly type: "deploy-interrupted";
    readonly tag: string;
    readonly restoredTo: string | undefined;
  }
  | { readonly type: "registry-selected"; readonly tag: string }
  | {
    readonly type: "version-incomplete";
    readonly tag: string;
    readonly reason: string;
    readonly withinGrace: boolean;
    /** Whether it is new, and more than a matter of waiting. */
    readonly notable: boolean;
    readonly gracePeriodMs: number;
  }
  | {
    readonly type: "deploy-skipped";
    readonly reason: string;
    readonly tag: string | undefined;
    readonly notable: boolean;
  }
  | {
    readonly type: "deploy-started";
    readonly tag: string;
    readonly previous: string | undefined;
    readonly reason: string;
  }
  | {
    readonly type: "artifact-cached";
    readonly tag: string;
    readonly key: string;
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly fromCache: boolean;
  }
  | {
    readonly type: "artifact-verified";
    readonly key: string;
    readonly source: string;
  }
  | { readonly type: "artifact-downloaded"; readonly tag: string }
  | { readonly type: "hook-finished"; readonly result: HookResult }
  | {
    readonly type: "archive-extracted";
    readonly path: string;
    readonly entries: number;
    readonly bytes: number;
    readonly durationMs: number;
  }
  | {
    readonly type: "link-created";
    readonly from: string;
    readonly to: string;
  }
  | { readonly type: "server-starting"; readonly tag: string }
  | {
    readonly type: "server-restarting";
    readonly tag: string;
    readonly pid: number;
  }
  | {
    readonly type: "server-started";
    readonly tag: string;
    readonly ports: number;
    readonly restarted: boolean;
  }
  | {
    readonly type: "worker-started";
    readonly pid: number;
    readonly generation: number;
  }
  | {
    readonly type: "worker-ready";
    readonly pid: number;
    readonly generation: number;
    readonly proof: string;
    readonly durationMs: number;
  }
  | {
    readonly type: "worker-rejected";
    readonly pid: number;
    readonly generation: number;
    readonly reason: string;
  }
  | {
    readonly type: "worker-unready";
    readonly pid: number;
    readonly generation: number;
    readonly reason: string;
  }
  | {
    readonly type: "worker-retiring";
    readonly pid: number;
    readonly generation: number;
  }
  | {
    readonly type: "worker-killed";
    readonly pid: number;
    readonly generation: number;
    readonly waitedMs: number;
  }
  | {
    readonly type: "worker-retired";
    readonly pid: number;
    readonly generation: number;
    readonly exit: ProcessExit;
  }
  | {
    readonly type: "worker-died";
    readonly pid: number;
    readonly generation: number;
    readonly exit: ProcessExit;
    readonly respawnInMs: number;
    readonly deaths: number;
  }
  | {
    readonly type: "worker-launch-failed";
    readonly error: Error;
    readonly respawnInMs: number;
  }
  | { readonly type: "orphan-found"; readonly pid: number }
  | {
    readonly type: "orphan-gone";
    readonly pid: number;
    readonly killed: boolean;
  }
  | { readonly type: "restart-failed"; readonly error: Error }
  | { readonly type: "restarted-by-signal"; readonly signal: string }
  | {
    readonly type: "deploy-succeeded";
    readonly tag: string;
    readonly durationMs: number;
  }
  | { readonly type: "deploy-failed"; readonly failure: DeployFailure }
  | { readonly type: "deploy-cancelled"; readonly tag: string }
  | {
    readonly type: "rollback-started";
    readonly tag: string;
    readonly to: string;
    readonly reason: string;
  }
  | { readonly type: "report-sent"; readonly tag: string }
  | {
    readonly type: "report-failed";
    readonly tag: string;
    readonly error: Error;
    readonly first: boolean;
  }
  | {
    readonly type: "releases-pruned";
    readonly kept: number;
    readonly removed: readonly string[];
  }
  | {
    readonly type: "cleanup-failed";
    readonly what: string;
    readonly error: Error;
  }
  | {
    readonly type: "registry-failed";
    readonly error: Error;
    readonly failures: number;
    readonly retryInMs: number;
  }
  | {
    readonly type: "object-written";
    /** `s3://bucket` or `gs://bucket`. */
    readonly bucket: string;
    readonly key: string;
  }
  | {
    readonly type: "shared-cache-failed";
    readonly operation: "read" | "write";
    readonly bucket: string;
    readonly key: string;
    readonly error: Error;
  }
  | { readonly type: "registry-cache-enabled"; readonly ttlMs: number }
  | { readonly type: "registry-cache-ignored" }
  | { readonly type: "registry-refreshed"; readonly node: string }
  | {
    readonly type: "registry-cache-failed";
    readonly step: "read" | "claim" | "publish" | "release";
    readonly error: Error;
    /** Whether it worked the last time. */
    readonly first: boolean;
  }
  | {
    /** The registry fails while a cached answer is given: told when that begins, when it lasts, and when it is over. */
    readonly type: "registry-outage";
    readonly phase: "begun" | "lasting" | "over";
    readonly sinceMs: number;
    readonly reason: string;
  }
  | {
    readonly type: "tick-failed";
    readonly error: Error;
    readonly failures: number;
  }
  | { readonly type: "errors-cleared"; readonly failures: number };

/** Takes events; it must not throw and must not wait. */
export type EmitEvent = (event: DeployEvent) => void;
