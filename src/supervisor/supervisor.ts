import { SourceError } from "../base/errors.ts";
import { backoffMs, withDeadline } from "../base/time.ts";
import { GRACE_PERIOD_MS, type Latest } from "../registry/registry.ts";
import { type Action, decide } from "./decide.ts";
import { Deployer, type DeployerDeps } from "./deployer.ts";
import { recover } from "./recover.ts";
import {
  REGISTRY_TIMEOUT_MS,
  Reporter,
  type ReporterDeps,
} from "./reporter.ts";
import { decideRollback, rollBack } from "./roll_back.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";

/** What a {@link Supervisor} works with. */
export interface SupervisorDeps
  extends DeployerDeps, Omit<ReporterDeps, "command"> {
  readonly settings: SupervisorSettings;
}

/** How a {@link Supervisor} behaves; times in milliseconds. */
export interface SupervisorSettings {
  readonly intervalMs: number;
  /** Longest pause between polls of a failing registry; 0 turns the backoff off. */
  readonly pollBackoffMaxMs: number;
  readonly tickTimeoutMs: number;
  readonly allowDowngrade: boolean;
  readonly keepReleases: number;
  /** Run one tick and return. */
  readonly once: boolean;
}

/** A registry that asks for a longer pause is not believed: its clock or ours is wrong. */
const WISH_MAX_MS = 60 * 60 * 1000;

/**
 * The one loop: ask the registry, decide, deploy, wait. Ticks follow each other
 * and never overlap; what fails in one is told, and the next one is the retry.
 */
export class Supervisor {
  #deps: SupervisorDeps;
  #deployer: Deployer;
  /** Registry look-ups that failed in a row. */
  #registryFailures = 0;
  /** Until when the registry asked to be left alone, Unix milliseconds. */
  #leaveAloneUntil = 0;
  /** Ticks that failed in a row. */
  #tickFailures = 0;
  /** What was last told about a version that is not deployed, so that it is told once. */
  #told = "";
  #reporter: Reporter;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#deployer = new Deployer(deps);
    this.#reporter = new Reporter(deps);
  }

  /**
   * Runs until `signal` is aborted, or for one tick. The application is left
   * running; stopping it is its owner's part.
   *
   * @throws {FilesystemError} When the working directory cannot be put in order at the start.
   * @throws When the settings say one tick, and it failed: the tick's error.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { settings, clock } = this.#deps;
    await recover(this.#deps);
    await this.#bringUp();
    while (!signal.aborted) {
      const startedAt = clock.now();
      const error = await this.#tick(signal);
      if (settings.once) {
        if (error !== undefined) throw error;
        return;
      }
      const elapsed = clock.now() - startedAt;
      const pauseMs = Math.max(this.#pauseMs() - elapsed, this.#wishedMs());
      await clock.delay(pauseMs, signal);
    }
  }

  /** Starts the application from the last good release, whatever the registry says. */
  async #bringUp(): Promise<void> {
    const { application, releases, state, emit } = this.#deps;
    const { deployed } = state.value;
    if (application === undefined || deployed === undefined) return;
    if (await releases.current() === undefined) return;
    const { tag } = deployed;
    emit({ type: "server-starting", tag });
    await application.bringUp();
    const { ports } = application;
    if (application.pid !== undefined) {
      emit({ type: "server-started", tag, ports, restarted: false });
    }
  }

  async #tick(signal: AbortSignal): Promise<unknown> {
    const { settings, emit } = this.#deps;
    const ms = settings.tickTimeoutMs;
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `A tick took longer than ${ms / 1000} s and was called off`,
        {
          hint:
            "Look for what hangs: the registry, a hook, the disk; or raise --tick-timeout",
        },
      );
    try {
      await withDeadline(
        { signal, ms, onTimeout },
        (signal) => this.#pollAndDeploy(signal),
      );
      this.#clearErrors();
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#tickFailures++;
      const failures = this.#tickFailures;
      emit({ type: "tick-failed", error: asError(error), failures });
      return error;
    }
  }

  async #pollAndDeploy(signal: AbortSignal): Promise<void> {
    await this.#endCrashLoop(signal);
    const latest = await this.#ask(signal);
    const action = await this.#decide(latest);
    if (action.kind === "skip") {
      this.#tellSkipped(action);
      return;
    }
    const { release, reason } = action;
    this.#told = "";
    this.#deps.emit({ type: "registry-selected", tag: release.tag });
    try {
      await this.#deployer.deploy(release, reason, signal);
    } catch (error) {
      if (!signal.aborted) await this.#reporter.report(release, signal, error);
      throw error;
    }
    await this.#reporter.report(release, signal);
    await this.#cleanUp();
  }

  async #endCrashLoop(signal: AbortSignal): Promise<void> {
    const { application, state, clock } = this.#deps;
    if (application === undefined) return;
    const rollback = decideRollback(
      state.value,
      application.deaths,
      clock.now(),
    );
    if (rollback !== undefined) {
      await rollBack(rollback, { ...this.#deps, application }, signal);
    }
  }

  async #ask(signal: AbortSignal): Promise<Latest> {
    const { registry, emit, clock } = this.#deps;
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `The registry did not answer in ${REGISTRY_TIMEOUT_MS / 1000} s`,
        {
          hint: "Check the network, or the file system the registry is on",
        },
      );
    try {
      const latest = await withDeadline(
        { signal, ms: REGISTRY_TIMEOUT_MS, onTimeout, abandon: true },
        (signal) => registry.latest(signal),
      );
      this.#registryFailures = 0;
      this.#leaveAloneUntil = 0;
      this.#tellIncomplete(latest);
      return latest;
    } catch (error) {
      signal.throwIfAborted();
      this.#registryFailures++;
      const failures = this.#registryFailures;
      const wishedMs = error instanceof SourceError ? error.retryAfterMs : 0;
      this.#leaveAloneUntil = clock.now() + Math.min(wishedMs, WISH_MAX_MS);
      emit({
        type: "registry-failed",
        error: asError(error),
        failures,
        retryInMs: Math.max(this.#pauseMs(), this.#wishedMs()),
      });
      throw error;
    }
  }

  async #decide(latest: Latest): Promise<Action> {
    const { state, releases, settings, clock, registry } = this.#deps;
    const { deployed } = state.value;
    const intact = deployed !== undefined &&
      await releases.has(deployed.path) &&
      await releases.current() !== undefined;
    const { allowDowngrade } = settings;
    const { rules } = registry;
    return decide({
      latest,
      state: state.value,
      intact,
      rules,
      allowDowngrade,
      now: clock.now(),
    });
  }

  #tellSkipped(action: Action & { kind: "skip" }): void {
    const { code, reason, tag } = action;
    const notable = code === "downgrade" || code === "failed-before";
    const first = notable && this.#told !== reason;
    this.#told = notable ? reason : "";
    this.#deps.emit({ type: "deploy-skipped", reason, tag, notable: first });
  }

  #tellIncomplete(latest: Latest): void {
    if (latest.kind === "filtered") return;
    const gracePeriodMs = GRACE_PERIOD_MS;
    for (const { tag, reason, withinGrace } of latest.incomplete) {
      this.#deps.emit({
        type: "version-incomplete",
        tag,
        reason,
        withinGrace,
        gracePeriodMs,
      });
    }
  }

  /** Removes what is no longer needed; failing at that does not fail the deploy. */
  async #cleanUp(): Promise<void> {
    const { releases, cache, settings, state, emit } = this.#deps;
    const { deployed, previous } = state.value;
    const inUse = [deployed, previous].filter((release) =>
      release !== undefined
    );
    const keep = settings.keepReleases;
    await tryOrTell("old releases", async () => {
      const paths = new Set(inUse.map(({ path }) => path));
      const removed = await releases.prune(keep, paths);
      emit({ type: "releases-pruned", kept: keep, removed });
      await cache.evict({ keep, inUse: new Set(inUse.map(({ key }) => key)) });
    }, emit);
  }

  #pauseMs(): number {
    const { intervalMs, pollBackoffMaxMs } = this.#deps.settings;
    if (this.#registryFailures < 2 || pollBackoffMaxMs <= intervalMs) {
      return intervalMs;
    }
    const policy = { baseMs: intervalMs, maxMs: pollBackoffMaxMs };
    return Math.max(
      backoffMs(this.#registryFailures, policy, Math.random()),
      intervalMs,
    );
  }

  /** How much longer the registry asked to be left alone, milliseconds. */
  #wishedMs(): number {
    const leftMs = this.#leaveAloneUntil - this.#deps.clock.now();
    // More than was ever granted is left when the clock was set back.
    return Math.min(Math.max(leftMs, 0), WISH_MAX_MS);
  }

  #clearErrors(): void {
    const failures = this.#tickFailures;
    if (failures === 0) return;
    this.#tickFailures = 0;
    this.#deps.emit({ type: "errors-cleared", failures });
  }
}
