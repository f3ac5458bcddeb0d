import { ArtifactError, DewyError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { cacheKey } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import type { CacheKeeper } from "../fetcher/source.ts";
import type { Application } from "../process/application.ts";
import type { ReleaseStore } from "../release/release_store.ts";
import { causeOf } from "./call_off.ts";
import type { DeployAttempt } from "./deploy_attempt.ts";
import { attemptsSoFar, failureOf } from "./failure.ts";
import { cancelDeploy, failDeploy } from "./state.ts";
import type { StateFile } from "./state_file.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";

/** What {@link takeBack} works with. */
export interface TakeBackDeps {
  readonly state: StateFile;
  readonly releases: ReleaseStore;
  readonly cache: CacheKeeper;
  /** Left out in assets mode. */
  readonly application: Application | undefined;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  /** Why the deploy is taken back. */
  readonly error: unknown;
}

/** Puts back what was in service before, and writes the failure down; not when `signal` was aborted by a stop. */
export async function takeBack(
  attempt: DeployAttempt,
  deps: TakeBackDeps,
  signal: AbortSignal,
): Promise<void> {
  const { releases, state, emit } = deps;
  const { tag } = attempt.release;
  const { path, recalledPath, previousPath, activated } = attempt;
  if (activated) {
    const undo = () =>
      previousPath === undefined
        ? releases.deactivate()
        : releases.activate(previousPath);
    await tryOrTell("the link", undo, emit);
  }
  if (path !== undefined && recalledPath === undefined) {
    await tryOrTell("the failed release", () => releases.remove(path), emit);
  }
  // A stop aborts without an error of dewy's own; a deadline does with one.
  if (signal.aborted && !(signal.reason instanceof DewyError)) {
    await tryOrTell("the state", () => state.update(cancelDeploy), emit);
    emit({ type: "deploy-cancelled", tag });
    return;
  }
  const error = causeOf(deps.error, signal);
  await rememberFailure(attempt, { ...deps, error });
  const restore = () => bringUpFormer(attempt, deps);
  await tryOrTell("the previous release", restore, emit);
}

async function bringUpFormer(
  { previousPath, activated, workerBefore }: DeployAttempt,
  { application, emit }: TakeBackDeps,
): Promise<void> {
  if (application === undefined || previousPath === undefined) return;
  // Also waits for a start that is under way.
  await application.bringUp();
  const isOther = activated && application.pid !== workerBefore;
  if (!isOther) return;
  // The old worker died meanwhile, and the one in front began from the release that failed.
  try {
    await application.replace(new AbortController().signal);
  } catch (error) {
    emit({ type: "restart-failed", error: asError(error) });
  }
}

async function rememberFailure(
  { release, entry, startedAt }: DeployAttempt,
  { state, emit, clock, cache, error }: TakeBackDeps,
): Promise<void> {
  const { tag, fingerprint } = release;
  const key = cacheKey(release);
  const identity = { tag, key, fingerprint, sha256: entry?.sha256 };
  const attempts = attemptsSoFar(state.value, identity) + 1;
  const now = clock.now();
  const failed = failureOf(identity, { error, attempts, now });
  if (error instanceof ArtifactError) {
    await tryOrTell("the bad artifact", () => cache.remove(key), emit);
  }
  const outcome = { kind: "failed", durationMs: now - startedAt } as const;
  await tryOrTell(
    "the state",
    () => state.update((value) => failDeploy(value, failed, outcome)),
    emit,
  );
  const restoredTo = state.value.deployed?.tag;
  const { retryAt, quarantined } = failed;
  emit({
    type: "deploy-failed",
    failure: {
      tag,
      error: asError(error),
      restoredTo,
      attempts,
      retryAt,
      quarantined,
    },
  });
}
