/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What happens to the application and its workers. Times in milliseconds. */
export type WorkerEvent =
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
  | { readonly type: "restarted-by-signal"; readonly signal: string };
