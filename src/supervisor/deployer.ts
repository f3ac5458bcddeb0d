import { abortable } from "../base/abortable.ts";
import { cacheKey, type Release } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import type { CacheKeeper } from "../fetcher/source.ts";
import type { Application } from "../process/application.ts";
import type { ReleaseStore } from "../release/release_store.ts";
import {
  fetchArtifact,
  type FetchDeps,
  refuseKnownBad,
} from "./fetch_artifact.ts";
import { type HookDeps, runDeployHook } from "./deploy_hook.ts";
import type { DeployAttempt } from "./deploy_attempt.ts";
import { beginDeploy, completeDeploy, type DeployIntent } from "./state.ts";
import { takeBack } from "./take_back.ts";
import { tryOrTell } from "./try_or_tell.ts";

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
    { reason, path }: {
      readonly reason: string;
      /** Its folder, where it is there already. */
      readonly path?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { state, emit, clock, releases } = this.#deps;
    const { tag } = release;
    const previous = state.value.deployed?.tag;
    emit({ type: "deploy-started", tag, previous, reason });
    const attempt: DeployAttempt = {
      release,
      startedAt: clock.now(),
      previousPath: await releases.current(),
      recalledPath: path,
      activated: false,
    };
    try {
      await this.#bringIn(attempt, signal);
    } catch (error) {
      await takeBack(attempt, { ...this.#deps, error }, signal);
      throw error;
    }
    const durationMs = clock.now() - attempt.startedAt;
    await this.#remember(attempt, durationMs);
    emit({ type: "deploy-succeeded", tag, durationMs });
    await this.#share(attempt, signal);
  }

  /** Offers the artifact to other hosts: never before it is in service here. */
  async #share({ entry }: DeployAttempt, signal: AbortSignal): Promise<void> {
    if (entry === undefined || signal.aborted) return;
    const { source } = this.#deps;
    await this.#try("the shared cache", () => source.share(entry, signal));
  }

  async #bringIn(attempt: DeployAttempt, signal: AbortSignal): Promise<void> {
    const { emit, releases, state, application } = this.#deps;
    const path = attempt.recalledPath === undefined
      ? await this.#stage(attempt, signal)
      : await this.#recall(attempt, signal);
    const intent = intentOf(attempt, path);
    const begin = () => state.update((value) => beginDeploy(value, intent));
    // A full disk may be the very reason of a way back: it must not forbid it.
    if (intent.recalled) await this.#try("the state", begin);
    else await begin();
    // The link must not move below a worker that is still loading its files.
    await abortable(application?.settled() ?? Promise.resolve(), signal);
    attempt.workerBefore = application?.pid;
    attempt.activated = true;
    await releases.activate(path);
    emit({ type: "link-created", from: path, to: releases.link });
    await this.#runHook("after", attempt, signal);
    await this.#startApplication(attempt.release.tag, signal);
  }

  /** Fetches and unpacks the release, and returns its folder. */
  async #stage(attempt: DeployAttempt, signal: AbortSignal): Promise<string> {
    const { emit, releases, state, clock, ignoreFailures } = this.#deps;
    const { release } = attempt;
    const entry = await fetchArtifact(release, this.#deps, signal);
    attempt.entry = entry;
    if (!ignoreFailures) {
      refuseKnownBad(entry, state.value.failures, clock.now());
    }
    await this.#runHook("before", attempt, signal);
    const startedAt = clock.now();
    const staged = await releases.stage(
      { path: entry.path, name: release.artifactName },
      signal,
    );
    const { path, entries, bytes } = staged;
    attempt.path = path;
    const durationMs = clock.now() - startedAt;
    emit({ type: "archive-extracted", path, entries, bytes, durationMs });
    return path;
  }

  /** Uses the folder that the release has from the time it was in service. */
  async #recall(attempt: DeployAttempt, signal: AbortSignal): Promise<string> {
    const { recalledPath: path = "" } = attempt;
    await this.#runHook("before", attempt, signal);
    attempt.path = path;
    return path;
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
    { release, entry, path }: DeployAttempt,
    signal: AbortSignal,
  ): Promise<void> {
    const { command, state } = this.#deps;
    const variables = {
      DEWY_VERSION: release.tag,
      DEWY_PREVIOUS_VERSION: state.value.deployed?.tag ?? "",
      DEWY_RELEASE_DIR: path ?? "",
      DEWY_ARTIFACT: entry?.path ?? "",
      DEWY_COMMAND: command,
    };
    return runDeployHook(when, { ...this.#deps, variables }, signal);
  }

  /** The release is in service from here on, whatever fails. */
  async #remember(attempt: DeployAttempt, durationMs: number): Promise<void> {
    const { state, cache, clock } = this.#deps;
    const { release, path } = attempt;
    if (path === undefined) return;
    const key = cacheKey(release);
    const { tag, fingerprint } = release;
    const deployed = {
      tag,
      key,
      sha256: sha256Of(attempt),
      fingerprint,
      path,
      at: clock.now(),
    };
    await this.#try(
      "the state",
      () =>
        state.update((value) => completeDeploy(value, deployed, durationMs)),
    );
    await this.#try("the cache entry current", () => cache.writeCurrent(key));
  }

  #try(what: string, task: () => Promise<unknown>): Promise<void> {
    return tryOrTell(what, task, this.#deps.emit);
  }
}

function intentOf(attempt: DeployAttempt, path: string): DeployIntent {
  const { release, startedAt, previousPath, recalledPath } = attempt;
  const { tag, fingerprint } = release;
  return {
    tag,
    key: cacheKey(release),
    fingerprint,
    sha256: sha256Of(attempt),
    path,
    previousPath,
    recalled: recalledPath === undefined ? undefined : true,
    startedAt,
  };
}

/** Of a release that is recalled it is known from before. */
function sha256Of({ entry, release }: DeployAttempt): string | undefined {
  return entry?.sha256 ?? release.sha256;
}
