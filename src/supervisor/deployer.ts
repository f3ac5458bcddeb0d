import { abortable } from "../base/abortable.ts";
import { ArtifactError, DewyError } from "../base/errors.ts";
import { cacheKey, type Release } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import type { CacheEntry } from "../cache/cache.ts";
import type { CacheKeeper } from "../fetcher/source.ts";
import type { Application } from "../process/application.ts";
import type { ReleaseStore, StagedRelease } from "../release/release_store.ts";
import {
  fetchArtifact,
  type FetchDeps,
  refuseKnownBad,
} from "./fetch_artifact.ts";
import { type HookDeps, runDeployHook } from "./deploy_hook.ts";
import { attemptsSoFar, failureOf } from "./failure.ts";
import {
  beginDeploy,
  cancelDeploy,
  completeDeploy,
  type DeployIntent,
  failDeploy,
} from "./state.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";

/** What a {@link Deployer} works with. */
export interface DeployerDeps extends FetchDeps, HookDeps {
  readonly command: "server" | "assets";
  readonly cache: CacheKeeper;
  readonly clock: Clock;
  /** Whether bytes that were found bad are tried again. */
  readonly ignoreFailures: boolean;
  readonly releases: ReleaseStore;
  /** Left out in assets mode. */
  readonly application: Application | undefined;
}

/** One deploy on its way, and how far it has come. */
interface Progress {
  readonly release: Release;
  readonly startedAt: number;
  /** Folder that `current` led to before. */
  readonly previousPath: string | undefined;
  entry?: CacheEntry;
  staged?: StagedRelease;
  activated: boolean;
  /** The worker in front when the link was swapped: one that came later runs the new release. */
  workerBefore?: number | undefined;
}

/**
 * Brings one release into service, in an order that a crash at any point leaves
 * the old version or the new one: fetch, unpack beside, write down what is
 * about to happen, swap the link, start beside the old worker, and only then
 * remember it as deployed.
 */
export class Deployer {
  #deps: DeployerDeps;

  constructor(deps: DeployerDeps) {
    this.#deps = deps;
  }

  /**
   * Deploys `release`. When it throws, what was in service before is again, and
   * the failure is remembered; when `signal` was aborted, nothing is.
   */
  async deploy(
    release: Release,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { state, emit, clock, releases } = this.#deps;
    const { tag } = release;
    const previous = state.value.deployed?.tag;
    emit({ type: "deploy-started", tag, previous, reason });
    const progress: Progress = {
      release,
      startedAt: clock.now(),
      previousPath: await releases.current(),
      activated: false,
    };
    try {
      await this.#bringIn(progress, signal);
    } catch (error) {
      await this.#takeBack(progress, error, signal);
      throw error;
    }
    const durationMs = clock.now() - progress.startedAt;
    await this.#remember(progress, durationMs);
    emit({ type: "deploy-succeeded", tag, durationMs });
    await this.#share(progress, signal);
  }

  /** Offers the artifact to other hosts: never before it is in service here. */
  async #share({ entry }: Progress, signal: AbortSignal): Promise<void> {
    if (entry === undefined || signal.aborted) return;
    const { source } = this.#deps;
    await this.#try("the shared cache", () => source.share(entry, signal));
  }

  async #bringIn(progress: Progress, signal: AbortSignal): Promise<void> {
    const { release } = progress;
    const { emit, releases, state, clock, application, ignoreFailures } =
      this.#deps;
    const entry = await fetchArtifact(release, this.#deps, signal);
    progress.entry = entry;
    if (!ignoreFailures) {
      refuseKnownBad(entry, state.value.failures, clock.now());
    }
    await this.#runHook("before", progress, signal);
    const startedAt = clock.now();
    const staged = await releases.stage(
      { path: entry.path, name: release.artifactName },
      signal,
    );
    progress.staged = staged;
    const { path, entries, bytes } = staged;
    const durationMs = clock.now() - startedAt;
    emit({ type: "archive-extracted", path, entries, bytes, durationMs });
    const intent = intentOf(progress, entry, path);
    await state.update((value) => beginDeploy(value, intent));
    // The link must not move below a worker that is still loading its files.
    await abortable(application?.settled() ?? Promise.resolve(), signal);
    progress.workerBefore = application?.pid;
    progress.activated = true;
    await releases.activate(path);
    emit({ type: "link-created", from: path, to: releases.link });
    await this.#runHook("after", progress, signal);
    await this.#startApplication(release.tag, signal);
  }

  async #startApplication(tag: string, signal: AbortSignal): Promise<void> {
    const { application, emit } = this.#deps;
    if (application === undefined) return;
    const { running, ports } = application;
    if (running) emit({ type: "server-restarting", tag, pid: Deno.pid });
    else emit({ type: "server-starting", tag });
    await application.replace(signal);
    emit({ type: "server-started", tag, ports, restarted: running });
  }

  #runHook(
    when: "before" | "after",
    { release, entry, staged }: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    const { command, state } = this.#deps;
    const variables = {
      DEWY_VERSION: release.tag,
      DEWY_PREVIOUS_VERSION: state.value.deployed?.tag ?? "",
      DEWY_RELEASE_DIR: staged?.path ?? "",
      DEWY_ARTIFACT: entry?.path ?? "",
      DEWY_COMMAND: command,
    };
    return runDeployHook(when, { ...this.#deps, variables }, signal);
  }

  /** The release is in service from here on, whatever fails. */
  async #remember(progress: Progress, durationMs: number): Promise<void> {
    const { state, cache, clock } = this.#deps;
    const { release, staged, entry } = progress;
    if (staged === undefined || entry === undefined) return;
    const key = cacheKey(release);
    const { tag, fingerprint } = release;
    const deployed = {
      tag,
      key,
      sha256: entry.sha256,
      fingerprint,
      path: staged.path,
      at: clock.now(),
    };
    await this.#try(
      "the state",
      () =>
        state.update((value) => completeDeploy(value, deployed, durationMs)),
    );
    await this.#try("the cache entry current", () => cache.writeCurrent(key));
  }

  /** Puts back what was in service before, and writes the failure down. */
  async #takeBack(
    progress: Progress,
    error: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const { releases, state, emit } = this.#deps;
    const { tag } = progress.release;
    const { staged, previousPath } = progress;
    if (progress.activated) {
      await this.#try(
        "the link",
        () =>
          previousPath === undefined
            ? releases.deactivate()
            : releases.activate(previousPath),
      );
    }
    if (staged !== undefined) {
      await this.#try("the failed release", () => releases.remove(staged.path));
    }
    // A stop aborts without an error of dewy's own; a deadline does with one.
    if (signal.aborted && !(signal.reason instanceof DewyError)) {
      await this.#try("the state", () => state.update(cancelDeploy));
      emit({ type: "deploy-cancelled", tag });
      return;
    }
    await this.#rememberFailure(progress, error);
    await this.#try("the previous release", () => this.#bringBack(progress));
  }

  async #bringBack(progress: Progress): Promise<void> {
    const { application, emit } = this.#deps;
    const { previousPath, activated, workerBefore } = progress;
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

  async #rememberFailure(progress: Progress, error: unknown): Promise<void> {
    const { state, emit, clock, cache } = this.#deps;
    const { release, entry, startedAt } = progress;
    const { tag, fingerprint } = release;
    const key = cacheKey(release);
    const identity = { tag, key, fingerprint, sha256: entry?.sha256 };
    const attempts = attemptsSoFar(state.value, identity) + 1;
    const now = clock.now();
    const failed = failureOf(identity, { error, attempts, now });
    if (error instanceof ArtifactError) {
      await this.#try("the bad artifact", () => cache.remove(key));
    }
    await this.#try(
      "the state",
      () =>
        state.update((value) =>
          failDeploy(value, failed, {
            kind: "failed",
            durationMs: now - startedAt,
          })
        ),
    );
    const restoredTo = state.value.deployed?.tag;
    emit({
      type: "deploy-failed",
      failure: {
        tag,
        error: asError(error),
        restoredTo,
        attempts,
        retryAt: failed.retryAt,
        quarantined: failed.quarantined,
      },
    });
  }

  #try(what: string, task: () => Promise<unknown>): Promise<void> {
    return tryOrTell(what, task, this.#deps.emit);
  }
}

function intentOf(
  { release, startedAt, previousPath }: Progress,
  entry: CacheEntry,
  path: string,
): DeployIntent {
  const { tag, fingerprint } = release;
  const { sha256 } = entry;
  const key = cacheKey(release);
  return { tag, key, fingerprint, sha256, path, previousPath, startedAt };
}
