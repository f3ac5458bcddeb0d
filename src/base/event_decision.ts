/** Which version is wanted, and why it is not deployed. Times in milliseconds. */
export type DecisionEvent =
  | {
    readonly type: "registry-failed";
    readonly error: Error;
    readonly failures: number;
    readonly retryInMs: number;
  }
  /** The registry said which version it has; told with every poll. */
  | { readonly type: "registry-answered" }
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
    /** Whether it is new, and more than the usual. */
    readonly notable: boolean;
    /** Whether an operator or a setting wants it so: a hold, a cooldown, a window, a roll-back. */
    readonly asked?: boolean;
  }
  | {
    readonly type: "deploy-interrupted";
    readonly tag: string;
    readonly restoredTo: string | undefined;
  };
