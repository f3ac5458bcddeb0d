/** What happens to containers and their images. Times in milliseconds. */
export type ContainerEvent =
  | {
    readonly type: "image-pulled";
    readonly tag: string;
    readonly image: string;
    /** `sha256:…`; left out when the registry did not tell. */
    readonly digest?: string | undefined;
  }
  | {
    readonly type: "image-pull-progress";
    readonly layer: string;
    readonly status: string;
  }
  | {
    readonly type: "container-starting";
    readonly image: string;
    readonly replica: number;
    readonly total: number;
  }
  | {
    readonly type: "container-healthy";
    readonly name: string;
    /** Where its ports can be reached: `127.0.0.1:32768`. */
    readonly addresses: readonly string[];
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
  | {
    readonly type: "containers-deployed";
    readonly tag: string;
    readonly count: number;
    readonly total: number;
  }
  /** Running containers serve on, at the start of dewy. */
  | {
    readonly type: "containers-adopted";
    readonly tag: string;
    readonly names: readonly string[];
  }
  | { readonly type: "containers-reaped"; readonly names: readonly string[] }
  | {
    readonly type: "container-sick";
    readonly name: string;
    readonly reason: string;
    /** It gets work all the same, since no other one is well. */
    readonly isLast: boolean;
  }
  | { readonly type: "container-well"; readonly name: string }
  | {
    readonly type: "container-gone";
    readonly name: string;
    readonly reason: string;
  }
  | { readonly type: "container-replaced"; readonly name: string }
  | {
    readonly type: "container-not-replaced";
    readonly error: Error;
    readonly retryInMs: number;
  }
  /** Containers end again and again soon after their start. */
  | {
    readonly type: "containers-crash-looping";
    readonly tag: string;
    readonly deaths: number;
  }
  | {
    readonly type: "images-removed";
    readonly names: readonly string[];
    /** Versions whose images stay. */
    readonly kept: number;
  }
  | { readonly type: "admin-started"; readonly port: number }
  | { readonly type: "engine-lost"; readonly error: Error }
  | { readonly type: "engine-back" }
  | { readonly type: "certificate-renewed"; readonly path: string }
  /** The one before stays in use. */
  | {
    readonly type: "certificate-unusable";
    readonly path: string;
    readonly error: Error;
  };
