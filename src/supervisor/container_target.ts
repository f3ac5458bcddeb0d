import { ApplicationError, DewyError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { imageUrl, taggedImage } from "../base/image_reference.ts";
import { cacheKey, type Release } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import type { Containers, ImageRelease } from "../container/containers.ts";
import type { Latest } from "../registry/registry.ts";
import type { Instance } from "../rollout/instance.ts";
import { rollOut, type RollOutOptions } from "../rollout/roll_out.ts";
import { causeOf } from "./call_off.ts";
import type { ContainerKeeper } from "./container_keeper.ts";
import { imageOf, recallImage, restartContainers } from "./container_recall.ts";
import { recoverContainers } from "./container_recover.ts";
import { type HookDeps, runDeployHook } from "./deploy_hook.ts";
import { attemptsSoFar, failureOf } from "./failure.ts";
import { oldImages } from "./old_images.ts";
import { pullImage } from "./pull_image.ts";
import {
  beginDeploy,
  cancelDeploy,
  completeDeploy,
  failDeploy,
} from "./state.ts";
import type { StateFile } from "./state_file.ts";
import type { Recalled, Target, TargetCondition } from "./target.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";

/** What a {@link ContainerTarget} works with. */
export interface ContainerTargetDeps extends HookDeps {
  readonly containers: Containers;
  readonly keeper: ContainerKeeper;
  readonly rollOut: RollOutOptions<ImageRelease>;
  readonly state: StateFile;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  /** Versions whose images stay on this host. */
  readonly keepImages: number;
}

/** Between two looks at what is missing, milliseconds. */
const LOOK_MS = 100;

/** Containers behind the proxy: deploys are roll-outs. */
export class ContainerTarget implements Target {
  #deps: ContainerTargetDeps;

  constructor(deps: ContainerTargetDeps) {
    this.#deps = deps;
  }

  async recover(signal: AbortSignal): Promise<void> {
    await recoverContainers(this.#deps, signal);
    this.#deps.keeper.begin();
  }

  async standUp(): Promise<void> {
    const { keeper } = this.#deps;
    await keeper.tidy();
    await keeper.restore();
  }

  /** Whoever ends is replaced as it ends; nothing is left for the tick. */
  async takeBackBad(): Promise<void> {}

  inspect(latest: Latest): Promise<TargetCondition> {
    const { keeper, containers, state } = this.#deps;
    const { making } = keeper;
    const offered = latest.kind === "release" ? latest.release : undefined;
    // The image of another version is another one as a matter of course.
    const digest = offered?.tag === state.value.deployed?.tag
      ? offered?.fingerprint
      : undefined;
    const missing = making.length === 0
      ? "no container of it runs"
      : making.some((one) => one.settingsHash !== containers.settingsHash)
      ? "the settings of its containers have changed"
      : making.some((one) => digest !== undefined && one.digest !== digest)
      ? "another image is behind the same tag"
      : undefined;
    const intact = missing === undefined;
    return Promise.resolve({ intact, diverted: false, missing });
  }

  recall(tag: string): Promise<Recalled | undefined> {
    return Promise.resolve(recallImage(this.#deps.state.value, tag));
  }

  bringBack(
    { release }: Recalled,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    return this.deploy(release, reason, signal);
  }

  restart(signal: AbortSignal): Promise<void> {
    return restartContainers(this.#deps, signal);
  }

  async deploy(
    release: Release,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { state, emit, clock, keeper } = this.#deps;
    const { tag } = release;
    const previous = state.value.deployed?.tag;
    emit({ type: "deploy-started", tag, previous, reason });
    const startedAt = clock.now();
    try {
      await keeper.exclusively(() => this.#bringIn(release, signal));
    } catch (error) {
      keeper.leaveUntidy();
      const facts = { error: causeOf(error, signal), startedAt };
      await this.#rememberFailure(release, facts, signal);
      throw error;
    }
    keeper.leaveUntidy();
    const durationMs = clock.now() - startedAt;
    emit({ type: "deploy-succeeded", tag, durationMs });
  }

  async cleanUp(signal: AbortSignal): Promise<void> {
    const { containers, state, emit, keepImages, keeper } = this.#deps;
    await keeper.tidy();
    await tryOrTell("old images", async () => {
      const old = oldImages(state.value.history, keepImages);
      const { repository } = containers.own;
      if (old.tags.length > 0 || old.digests.length > 0) {
        emit({ type: "images-cleaning", repository });
      }
      const names = await containers.own.removeImages(old, signal);
      if (names.length > 0) {
        emit({ type: "images-removed", names, kept: keepImages });
      }
    }, emit);
  }

  pause(ms: number, signal: AbortSignal): Promise<void> {
    return this.#deps.clock.delay(ms, signal);
  }

  async requireStanding(signal: AbortSignal): Promise<void> {
    const { keeper, clock } = this.#deps;
    while (keeper.isMissing && !keeper.isStuck && !signal.aborted) {
      await clock.delay(LOOK_MS, signal);
    }
    if (!keeper.isStuck) return;
    const what = "Containers are missing and do not start";
    throw new ApplicationError(what, { hint: "The log says why" });
  }

  async #bringIn(release: Release, signal: AbortSignal): Promise<void> {
    const { emit, state, clock, keeper } = this.#deps;
    const { tag, fingerprint } = release;
    const next = { tag, image: imageOf(release) };
    await pullImage(next, this.#deps, signal);
    await this.#runHook("before", release, signal);
    const path = imageUrl(next.image);
    const key = cacheKey(release);
    const startedAt = clock.now();
    await state.update((value) =>
      beginDeploy(value, { tag, key, fingerprint, path, startedAt })
    );
    const { rollOut: options } = this.#deps;
    const { replicas } = options;
    const before = keeper.ids.size;
    emit({ type: "roll-out-started", replicas, existing: before });
    const onStanding = async (instances: readonly Instance[]) => {
      keeper.follow(next, instances);
      // A dewy that is killed from here on goes on with the new ones.
      await this.#remember(release, clock.now() - startedAt);
    };
    const instances = await rollOut(next, { ...options, onStanding }, signal);
    if (!signal.aborted) await this.#runHook("after", release, signal);
    const told = { count: instances.length, total: replicas, before };
    emit({ type: "containers-deployed", tag, ...told });
  }

  #runHook(
    when: "before" | "after",
    release: Release,
    signal: AbortSignal,
  ): Promise<void> {
    const variables = {
      DEWY_VERSION: release.tag,
      DEWY_PREVIOUS_VERSION: this.#deps.state.value.deployed?.tag ?? "",
      DEWY_ARTIFACT: taggedImage(imageOf(release)),
      DEWY_COMMAND: "container",
    };
    return runDeployHook(when, { ...this.#deps, variables }, signal);
  }

  async #remember(release: Release, durationMs: number): Promise<void> {
    const { state, clock, emit } = this.#deps;
    const { tag, fingerprint, artifactUrl: path } = release;
    const key = cacheKey(release);
    const deployed = { tag, key, fingerprint, path, at: clock.now() };
    await tryOrTell(
      "the state",
      () =>
        state.update((value) => completeDeploy(value, deployed, durationMs)),
      emit,
    );
  }

  async #rememberFailure(
    release: Release,
    { error, startedAt }: {
      readonly error: unknown;
      readonly startedAt: number;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { state, emit, clock } = this.#deps;
    // A stop aborts without an error of dewy's own; a deadline does with one.
    if (signal.aborted && !(signal.reason instanceof DewyError)) {
      await tryOrTell("the state", () => state.update(cancelDeploy), emit);
      emit({ type: "deploy-cancelled", tag: release.tag });
      return;
    }
    const { tag, fingerprint } = release;
    const identity = { tag, key: cacheKey(release), fingerprint };
    const attempts = attemptsSoFar(state.value, identity) + 1;
    const now = clock.now();
    const failed = failureOf(identity, { error, attempts, now });
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
}
