import type { HealthSettings } from "./health.ts";
import type { Instance } from "./instance.ts";

/** What happens in a roll-out. Times in milliseconds. */
export type RollOutStep =
  | {
    readonly kind: "starting";
    /** What is started, for people. */
    readonly what: string;
    readonly replica: number;
    readonly total: number;
  }
  /** Nothing of it is left. */
  | { readonly kind: "not-started"; readonly error: unknown }
  | {
    readonly kind: "started";
    readonly instance: Instance;
    /** What it is asked, to see whether it is well. */
    readonly check: string;
  }
  | {
    readonly kind: "healthy";
    readonly instance: Instance;
    readonly check: string;
    /** How long the check took that it passed. */
    readonly tookMs: number;
    /** What it answered to it: `200 OK`, when it was asked by HTTP. */
    readonly answer: string | undefined;
  }
  | {
    readonly kind: "unhealthy";
    readonly instance: Instance;
    readonly reason: string;
    readonly attempts: number;
  }
  | {
    readonly kind: "in-service";
    readonly instance: Instance;
    /** Instances that get work. */
    readonly ready: number;
  }
  /** It gets no more work, and is stopped once it has ended what it has. */
  | { readonly kind: "retiring"; readonly instance: Instance }
  | {
    readonly kind: "retired";
    readonly instance: Instance;
    /** Sessions that did not end in time. */
    readonly cut: number;
  }
  /** The new instances are removed, and those before stay. */
  | { readonly kind: "taking-back"; readonly instances: readonly Instance[] }
  /** One of those that did not make it. */
  | { readonly kind: "removing"; readonly instance: Instance }
  /** Something could not be tidied up; the roll-out goes on. */
  | {
    readonly kind: "left-behind";
    readonly instance: Instance;
    readonly error: unknown;
  };

/** Returns what an instance is asked: `http://127.0.0.1:32768/healthz`, or `tcp://…` when a connection is enough. */
export function checkOf(
  { addresses }: Instance,
  { path }: HealthSettings,
): string {
  const [address] = addresses.values();
  const host = `${address?.hostname}:${address?.port}`;
  return path === undefined ? `tcp://${host}` : `http://${host}${path}`;
}
