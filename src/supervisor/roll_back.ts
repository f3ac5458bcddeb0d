import { ApplicationError, DewyError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Clock } from "../base/time.ts";
import type { CacheKeeper } from "../fetcher/source.ts";
import type { Application } from "../process/application.ts";
import type { ReleaseStore } from "../release/release_store.ts";
import { crashLoopOf } from "./failure.ts";
import {
  beginRollback,
  type DeployedRelease,
  failDeploy,
  type State,
} from "./state.ts";
import type { StateFile } from "./state_file.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";

/** A release that dies again and again this soon after its deploy is taken back, milliseconds. */
const PROBATION_MS = 10 * 60 * 1000;
/** So many young deaths in a row are a crash loop. */
export const CRASH_LOOP = 3;

/** What is to be put back, and for which release. */
export interface Rollback {
  readonly bad: DeployedRelease;
  readonly good: DeployedRelease;
}

/** What {@link rollBack} works with. */
export interface RollbackDeps {
  readonly state: StateFile;
  readonly releases: ReleaseStore;
  readonly cache: CacheKeeper;
  readonly application: Application;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/**
 * Decides whether the release in service crash-loops so soon after its deploy
 * that the one before it is to come back.
 */
export function decideRollback(
  state: State,
  deaths: number,
  now: number,
): Rollback | undefined {
  const { deployed: bad, previous: good } = state;
  if (bad === undefined || good === undefined || deaths < CRASH_LOOP) {
    return undefined;
  }
  return now - bad.at < PROBATION_MS ? { bad, good } : undefined;
}

/**
 * Brings the release before the deployed one back, and remembers the deployed
 * one as failed. Written down first, so that a crash on the way ends the same.
 */
export async function rollBack(
  { bad, good }: Rollback,
  deps: RollbackDeps,
  signal: AbortSignal,
): Promise<void> {
  const { state, releases, cache, application, clock, emit } = deps;
  if (!await releases.has(good.path)) return;
  const { tag } = bad;
  const error = crashLoopError(tag, application.deaths);
  emit({ type: "rollback-started", tag, to: good.tag, reason: error.message });
  // A full disk may be the very reason of the crash loop: it must not forbid the way back.
  const update = (change: (state: State) => State) =>
    tryOrTell("the state", () => state.update(change), emit);
  await moveBack({ bad, good }, deps, update);
  const attempts = (bad.failedBefore ?? 0) + 1;
  const failed = crashLoopOf(bad, { error, attempts, now: clock.now() });
  await restart(good, deps, signal);
  const durationMs = clock.now() - failed.lastAt;
  const outcome = { kind: "failed", durationMs } as const;
  await update((value) => failDeploy(value, failed, outcome));
  const { retryAt, quarantined } = failed;
  const restoredTo = good.tag;
  emit({
    type: "deploy-failed",
    failure: { tag, error, restoredTo, attempts, retryAt, quarantined },
  });
  const writeCurrent = () => cache.writeCurrent(good.key);
  await tryOrTell("the cache entry current", writeCurrent, emit);
}

/** Writes down what is about to happen and moves the link. */
async function moveBack(
  { bad, good }: Rollback,
  { state, releases }: RollbackDeps,
  update: (change: (state: State) => State) => Promise<void>,
): Promise<void> {
  const before = state.value;
  await update((value) => beginRollback(value, bad, good));
  try {
    await releases.activate(good.path);
  } catch (error) {
    // What has not moved may not be remembered as moved.
    if (await releases.current() !== good.path) {
      await update(() => before);
      throw error;
    }
  }
}

function crashLoopError(tag: string, deaths: number): ApplicationError {
  return new ApplicationError(
    `The worker of ${tag} died ${deaths} times in a row after its deploy`,
    {
      hint:
        "See the application's own output in the log; mend it and publish a newer version",
    },
  );
}

async function restart(
  { tag }: DeployedRelease,
  { application, emit }: RollbackDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    emit({ type: "server-restarting", tag, pid: Deno.pid });
    await application.replace(signal);
    const { ports } = application;
    emit({ type: "server-started", tag, ports, restarted: true });
  } catch (error) {
    // A stop ends it here; the time limit of a tick does not.
    if (signal.aborted && !(signal.reason instanceof DewyError)) throw error;
    // Its replacement is due anyway, and `current` leads to the good release by now.
    emit({ type: "restart-failed", error: asError(error) });
  }
}
