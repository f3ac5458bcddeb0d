/** What happens when containers of a version are brought into service. Times in milliseconds. */
export type RollOutEvent =
  | {
    readonly type: "image-pulling";
    readonly tag: string;
    readonly image: string;
  }
  | {
    readonly type: "image-pull-progress";
    readonly layer: string;
    readonly status: string;
  }
  | {
    readonly type: "image-pulled";
    readonly tag: string;
    readonly image: string;
    /** `sha256:…`; left out when the registry did not tell. */
    readonly digest?: string | undefined;
  }
  | {
    readonly type: "image-pull-failed";
    readonly image: string;
    readonly error: Error;
  }
  | {
    readonly type: "roll-out-started";
    /** Containers to be started. */
    readonly replicas: number;
    /** Those that are in service. */
    readonly existing: number;
  }
  | {
    readonly type: "container-starting";
    readonly image: string;
    readonly replica: number;
    readonly total: number;
  }
  | { readonly type: "container-start-failed"; readonly error: Error }
  | {
    readonly type: "container-started";
    readonly name: string;
    /** Where its ports can be reached: `127.0.0.1:32768`. */
    readonly addresses: readonly string[];
    /** What it is asked: `http://127.0.0.1:32768/healthz`, or `tcp://…`. */
    readonly check: string;
  }
  | {
    readonly type: "container-healthy";
    readonly name: string;
    readonly addresses: readonly string[];
    readonly check: string;
    /** How long the check took that it passed. */
    readonly tookMs: number;
    /** What it answered to it: `200 OK`; left out when it was asked for no more than a connection. */
    readonly answer?: string | undefined;
  }
  | {
    readonly type: "container-unhealthy";
    readonly name: string;
    readonly reason: string;
    readonly attempts: number;
  }
  | {
    readonly type: "container-in-service";
    readonly name: string;
    /** Containers that get work. */
    readonly ready: number;
  }
  /** It gets no more work, and is stopped once it has ended what it has. */
  | { readonly type: "container-retiring"; readonly name: string }
  | {
    readonly type: "container-retired";
    readonly name: string;
    /** Sessions that did not end in time. */
    readonly cut: number;
  }
  | {
    readonly type: "container-left-behind";
    readonly name: string;
    readonly error: Error;
  }
  /** The new containers are removed, and those before stay. */
  | {
    readonly type: "roll-out-taken-back";
    readonly names: readonly string[];
  }
  /** One of those that did not make it. */
  | { readonly type: "container-removing"; readonly name: string }
  | {
    readonly type: "containers-deployed";
    readonly tag: string;
    readonly count: number;
    readonly total: number;
    /** Containers in service before. */
    readonly before: number;
  }
  | { readonly type: "images-cleaning"; readonly repository: string }
  | {
    readonly type: "images-removed";
    readonly names: readonly string[];
    /** Versions whose images stay. */
    readonly kept: number;
  };
