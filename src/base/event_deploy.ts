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

/** What ended a deploy that failed, for state, logs and people. */
export interface DeployFailure {
  readonly tag: string;
  readonly error: Error;
  /** The version that runs or is linked again; left out when there is none. */
  readonly restoredTo?: string | undefined;
  readonly attempts: number;
  /** When it is tried again, Unix milliseconds. */
  readonly retryAt: number;
  /** Whether its bytes are bad, so that only others can help. */
  readonly quarantined?: boolean;
}

/** What happens in a deploy, and after it. Times in milliseconds. */
export type DeployStepEvent =
  | {
    readonly type: "deploy-started";
    readonly tag: string;
    readonly previous: string | undefined;
    readonly reason: string;
  }
  | {
    readonly type: "artifact-verified";
    readonly key: string;
    readonly source: string;
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
  | {
    readonly type: "deploy-succeeded";
    readonly tag: string;
    readonly durationMs: number;
  }
  | { readonly type: "deploy-failed"; readonly failure: DeployFailure }
  | {
    readonly type: "rollback-started";
    readonly tag: string;
    readonly to: string;
    readonly reason: string;
  }
  | { readonly type: "deploy-cancelled"; readonly tag: string }
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
  };
