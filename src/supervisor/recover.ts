import { basename } from "node:path";
import type { EmitEvent } from "../base/event.ts";
import type { Clock } from "../base/time.ts";
import type { CacheKeeper } from "../fetcher/source.ts";
import type { ReleaseStore } from "../release/release_store.ts";
import { attemptsSoFar, interruptionOf } from "./failure.ts";
import {
  adoptRelease,
  completeDeploy,
  type DeployIntent,
  failDeploy,
  type State,
} from "./state.ts";
import type { StateFile } from "./state_file.ts";
import { tryOrTell } from "./try_or_tell.ts";

/** What {@link recover} works with. */
export interface RecoverDeps {
  readonly command: "server" | "assets";
  readonly state: StateFile;
  readonly cache: CacheKeeper;
  readonly releases: ReleaseStore;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/**
 * Puts the working directory in order after whatever ended the dewy before:
 * removes half-written things, ends or takes back a deploy that was under way,
 * and takes over what another dewy (also the original one) deployed here.
 * A full disk does not forbid that: what cannot be written down now is told.
 */
export async function recover(deps: RecoverDeps): Promise<void> {
  const { cache, releases, state, emit } = deps;
  await releases.check();
  await cache.removeLeftovers();
  const removed = await releases.removeLeftovers();
  if (removed.length > 0) emit({ type: "leftovers-removed", paths: removed });
  const { deploying } = state.value;
  if (deploying !== undefined) await endInterrupted(deploying, deps);
  if (state.value.deployed === undefined) await adopt(deps);
}

async function endInterrupted(
  intent: DeployIntent,
  deps: RecoverDeps,
): Promise<void> {
  const { releases, command } = deps;
  const arrived = await releases.current() === intent.path;
  // An operator went back to what was in service before: that is ended.
  const isWayBack = intent.recalled === true && await releases.has(intent.path);
  if (isWayBack && !arrived) await releases.activate(intent.path);
  // Files are in service once the link is swapped; a program has yet to prove itself.
  if (isWayBack || command === "assets" && arrived) {
    await completeInterrupted(intent, deps);
  } else await takeBackInterrupted(intent, deps);
}

async function completeInterrupted(
  intent: DeployIntent,
  deps: RecoverDeps,
): Promise<void> {
  const { clock, cache, emit } = deps;
  const { tag, key, path, sha256, fingerprint, startedAt } = intent;
  const now = clock.now();
  const deployed = { tag, key, path, sha256, fingerprint, at: now };
  await remember(
    (value) => completeDeploy(value, deployed, now - startedAt),
    deps,
  );
  await tryOrTell("the cache", () => cache.writeCurrent(key), emit);
}

async function takeBackInterrupted(
  intent: DeployIntent,
  deps: RecoverDeps,
): Promise<void> {
  const { state, releases, clock, emit } = deps;
  const { tag, path, previousPath, startedAt } = intent;
  const back = await firstThere(releases, [
    state.value.deployed?.path,
    previousPath,
  ]);
  if (back === undefined) await releases.deactivate();
  else await releases.activate(back);
  await releases.remove(path);
  const attempts = attemptsSoFar(state.value, intent) + 1;
  const now = clock.now();
  const failed = interruptionOf(intent, { attempts, now });
  const durationMs = now - startedAt;
  await remember(
    (value) => failDeploy(value, failed, { kind: "interrupted", durationMs }),
    deps,
  );
  const restoredTo = back === undefined ? undefined : state.value.deployed?.tag;
  emit({ type: "deploy-interrupted", tag, restoredTo });
}

async function firstThere(
  releases: ReleaseStore,
  paths: readonly (string | undefined)[],
): Promise<string | undefined> {
  for (const path of paths) {
    if (path !== undefined && await releases.has(path)) return path;
  }
  return undefined;
}

/** Takes over the release that `current` leads to; its key stands in the cache, as the original writes it. */
async function adopt(deps: RecoverDeps): Promise<void> {
  const { cache, releases, clock } = deps;
  const path = await releases.current();
  if (path === undefined) return;
  const key = await cache.readCurrent() ?? "";
  const [tag = ""] = key.split("--");
  await remember((value) =>
    adoptRelease(value, {
      tag: tag === "" ? basename(path) : tag,
      key,
      path,
      at: clock.now(),
    }), deps);
}

/** Changes the state, which the ticks write down later when it cannot be now. */
async function remember(
  change: (state: State) => State,
  { state, emit }: RecoverDeps,
): Promise<void> {
  await tryOrTell("the state", () => state.update(change), emit);
}
