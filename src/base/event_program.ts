/** What happens to dewy itself. Times in milliseconds. */
export type ProgramEvent =
  | {
    readonly type: "started";
    readonly command: string;
    readonly version: string;
    readonly commit: string;
    readonly date: string;
  }
  /** What was deployed last is in service, if anything was, and the registry is asked from now on. */
  | { readonly type: "standing" }
  | { readonly type: "stopping"; readonly signal: string }
  | { readonly type: "stopped" }
  /** It could not begin its work, and ends with this; it is printed at the end. */
  | { readonly type: "start-failed"; readonly error: Error }
  /** It ran, and ends with this; it is printed at the end. */
  | { readonly type: "ended-by-error"; readonly error: Error }
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
    readonly type: "cleanup-failed";
    readonly what: string;
    readonly error: Error;
  }
  | {
    readonly type: "tick-failed";
    readonly error: Error;
    readonly failures: number;
  }
  | { readonly type: "errors-cleared"; readonly failures: number };
