import type { Latest } from "../registry/registry.ts";
import type { Release } from "../base/release.ts";

/** What is in service, compared with what is remembered. */
export interface TargetCondition {
  /** Whether all of the deployed release is there. */
  readonly intact: boolean;
  /** Whether someone put another release in its place by hand. */
  readonly diverted: boolean;
  /** What is not as it should be, when it is not intact. */
  readonly missing?: string | undefined;
}

/** A release that was in service before, as far as it is remembered. */
export interface Recalled {
  readonly release: Release;
  /** Whether it can be deployed without a look-up in the registry. */
  readonly isHere: boolean;
  /** Its folder, where there are folders and it is still there. */
  readonly path?: string | undefined;
}

/** What releases are brought into: a folder, a program that runs from it, or containers. */
export interface Target {
  /**
   * Puts in order, once at the start, what the dewy before left.
   *
   * @throws {FilesystemError} When that is not possible.
   */
  recover(signal: AbortSignal): Promise<void>;

  /** Has the last good release in service, whatever the registry says. */
  standUp(signal: AbortSignal): Promise<void>;

  /** Takes a release back that does not hold. */
  takeBackBad(signal: AbortSignal): Promise<void>;

  /** Compares what is in service with what is remembered, and with what the registry shows of it. */
  inspect(latest: Latest): Promise<TargetCondition>;

  /**
   * Brings `release` into service and remembers it. When it throws, what was in
   * service before is again, and the failure is remembered; when `signal` was
   * aborted, nothing is.
   */
  deploy(release: Release, reason: string, signal: AbortSignal): Promise<void>;

  /** Returns what is remembered of a version that was in service, if anything. */
  recall(tag: string): Promise<Recalled | undefined>;

  /** As {@link deploy}, for a release that once was in service; what is still here of it is used. */
  bringBack(
    recalled: Recalled,
    reason: string,
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * Restarts the application in the release that is in service.
   *
   * @throws {ApplicationError} When the new one does not get ready; the old one is as it was.
   */
  restart(signal: AbortSignal): Promise<void>;

  /** Removes what is no longer needed; it tells what it could not. */
  cleanUp(signal: AbortSignal): Promise<void>;

  /** Waits for `ms`, or until there is something to do before, or `signal` is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;

  /**
   * Ends a run of one tick.
   *
   * @throws {ApplicationError} When the release does not stand.
   */
  requireStanding(signal: AbortSignal): Promise<void>;
}
