import { errorMessage } from "../base/errors.ts";
import {
  decideRetry,
  decideRetryAfterCrash,
  decideRetryAfterCrashLoop,
} from "./retry_policy.ts";
import type { DeployIntent, FailedRelease, State } from "./state.ts";

/** Which release failed. */
export type ReleaseIdentity = Pick<
  DeployIntent,
  "tag" | "key" | "fingerprint" | "sha256"
>;

/** Returns how often in a row a release has failed so far; other bytes behind its tag start anew. */
export function attemptsSoFar(
  state: State,
  { key, fingerprint }: ReleaseIdentity,
): number {
  const before = state.failures.find((failed) => failed.key === key);
  return before !== undefined && before.fingerprint === fingerprint
    ? before.attempts
    : 0;
}

/** What is known of a failure. */
export interface FailureFacts {
  readonly error: unknown;
  /** Failed attempts in a row, this one included. */
  readonly attempts: number;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Returns what is to be remembered of a deploy that failed. */
export function failureOf(
  { tag, key, fingerprint, sha256 }: ReleaseIdentity,
  { error, attempts, now }: FailureFacts,
): FailedRelease {
  const { delayMs, quarantined } = decideRetry(error, attempts, Math.random());
  return {
    tag,
    key,
    fingerprint,
    sha256,
    reason: errorMessage(error),
    quarantined,
    attempts,
    lastAt: now,
    retryAt: now + delayMs,
  };
}

/** Returns the same for a release that crash-looped after it was accepted. */
export function crashLoopOf(
  release: ReleaseIdentity,
  facts: FailureFacts,
): FailedRelease {
  const { attempts, now } = facts;
  const delayMs = decideRetryAfterCrashLoop(attempts, Math.random());
  return { ...failureOf(release, facts), retryAt: now + delayMs };
}

/** Returns the same for a deploy that was cut short by the end of dewy itself. */
export function interruptionOf(
  intent: ReleaseIdentity,
  { attempts, now }: Omit<FailureFacts, "error">,
): FailedRelease {
  const error = "dewy ended while it was being deployed";
  const delayMs = decideRetryAfterCrash(attempts, Math.random());
  return {
    ...failureOf(intent, { error, attempts, now }),
    retryAt: now + delayMs,
  };
}
