/**
 * Whether a backend gets new work: `ready` does, `draining` ends what it has,
 * `ejected` is sick and gets none until it is well.
 */
export type BackendState = "ready" | "draining" | "ejected";

/** One instance of the application that the proxy can send work to. */
export interface Backend {
  /** Names the instance for as long as it lives; no other one ever gets it. */
  readonly id: string;
  readonly hostname: string;
  readonly port: number;
  readonly state: BackendState;
}

/** The backends of each port that the proxy listens on. */
export type BackendTable = ReadonlyMap<number, readonly Backend[]>;
