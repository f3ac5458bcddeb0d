import { SourceError } from "../base/errors.ts";
import type { Action } from "./decide.ts";

/** Returns what a tick is called off with when it takes longer than `ms`. */
export function tickTimeoutError(ms: number): SourceError {
  return new SourceError(
    "timeout",
    `A tick took longer than ${ms / 1000} s and was called off`,
    {
      hint:
        "Look for what hangs: the registry, a hook, the disk; or raise --tick-timeout",
    },
  );
}

/**
 * With one tick only, an upload that is still under way is no success.
 *
 * @throws {SourceError} When it is.
 */
export function refuseUnfinished(
  { code, reason, tag }: Action & { kind: "skip" },
): void {
  if (code !== "incomplete") return;
  throw new SourceError(
    "not-found",
    `Cannot deploy ${tag ?? "any version"}: ${reason}`,
    {
      hint:
        "Publish the artifact for this platform, or run again when it is there",
    },
  );
}
