import type { RollOutEvent } from "./event_roll_out.ts";

/** What happens to containers and their images. Times in milliseconds. */
export type ContainerEvent =
  | RollOutEvent
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
