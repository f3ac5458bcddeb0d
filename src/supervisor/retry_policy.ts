import {
  ApplicationError,
  ArtifactError,
  type ArtifactErrorCode,
  FilesystemError,
  SourceError,
} from "../base/errors.ts";
import { backoffMs, type BackoffPolicy } from "../base/time.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The bytes are bad: only other bytes can help, which the fingerprint shows by itself. */
const BAD_BYTES: BackoffPolicy = { baseMs: 5 * MINUTE, maxMs: 60 * MINUTE };
/** The program did not come up: that may be its surroundings. */
const DID_NOT_START: BackoffPolicy = { baseMs: MINUTE, maxMs: 60 * MINUTE };
/** It was in service and died again and again: another try costs requests. */
const CRASH_LOOPED: BackoffPolicy = {
  baseMs: 60 * MINUTE,
  maxMs: 24 * 60 * MINUTE,
};
/** The disk is full or read-only: someone will see to it. */
const DISK: BackoffPolicy = { baseMs: 30 * SECOND, maxMs: 5 * MINUTE };
/** The source broke off. */
const SOURCE: BackoffPolicy = { baseMs: 10 * SECOND, maxMs: 2 * MINUTE };
/** A source that asks for a longer pause is not believed: its clock or ours is wrong. */
const LONGEST_WISH_MS = 60 * MINUTE;
/** A deploy cut short by a crash of dewy is tried again at once this often. */
const FREE_INTERRUPTIONS = 2;

/**
 * What the bytes themselves are to blame for: not a short read, which is the
 * transport's fault, and not a limit, which a setting can raise.
 */
const BAD_CODES: ReadonlySet<ArtifactErrorCode> = new Set([
  "checksum",
  "corrupt",
  "refused",
  "unsupported",
]);

/** What becomes of a release whose deploy failed. */
export interface RetryDecision {
  /** Pause before the next attempt, milliseconds. */
  readonly delayMs: number;
  /** Whether its bytes are bad. */
  readonly quarantined: boolean;
}

/**
 * Decides when a release that failed is tried again.
 *
 * @param attempts Failed attempts in a row, this one included.
 * @param random A number in [0, 1).
 */
export function decideRetry(
  error: unknown,
  attempts: number,
  random: number,
): RetryDecision {
  const badBytes = error instanceof ArtifactError && BAD_CODES.has(error.code);
  const policy = badBytes
    ? BAD_BYTES
    : error instanceof ApplicationError
    ? DID_NOT_START
    : error instanceof FilesystemError
    ? DISK
    : SOURCE;
  const askedForMs = error instanceof SourceError ? error.retryAfterMs : 0;
  return {
    delayMs: Math.max(
      backoffMs(attempts, policy, random),
      Math.min(askedForMs, LONGEST_WISH_MS),
    ),
    quarantined: badBytes,
  };
}

/** Decides the same for a release that crash-looped after it was accepted. */
export function decideRetryAfterCrashLoop(
  attempts: number,
  random: number,
): number {
  return backoffMs(attempts, CRASH_LOOPED, random);
}

/** Decides the same for a deploy that was cut short by the end of dewy itself. */
export function decideRetryAfterCrash(
  attempts: number,
  random: number,
): number {
  return attempts <= FREE_INTERRUPTIONS
    ? 0
    : backoffMs(attempts - FREE_INTERRUPTIONS, DID_NOT_START, random);
}
