import { SourceError } from "../base/errors.ts";
import { withDeadline } from "../base/time.ts";
import type { Latest } from "../registry/registry.ts";
import { type Action, decide } from "./decide.ts";
import { DecisionTeller } from "./decision_teller.ts";
import { PollPause, type PollSettings } from "./poll_pause.ts";
import {
  REGISTRY_TIMEOUT_MS,
  Reporter,
  type ReporterDeps,
} from "./reporter.ts";
import type { StateFile } from "./state_file.ts";
import type { Target } from "./target.ts";
import { asError } from "./try_or_tell.ts";

/** What a {@link Supervisor} works with. */
export interface SupervisorDeps extends ReporterDeps {
  readonly target: Target;
  readonly state: StateFile;
  readonly settings: SupervisorSettings;
}

/** How a {@link Supervisor} behaves; times in milliseconds. */
export interface SupervisorSettings extends PollSettings {
  readonly tickTimeoutMs: number;
  readonly allowDowngrade: boolean;
  /** Run one tick and return. */
  readonly once: boolean;
}

/**
 * The one loop: ask the registry, decide, deploy, wait. Ticks follow each other
 * and never overlap; what fails in one is told, and the next one is the retry.
 */
export class Supervisor {
  #deps: SupervisorDeps;
  #pause: PollPause;
  #teller: DecisionTeller;
  #reporter: Reporter;
  /** Ticks that failed in a row. */
  #tickFailures = 0;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#reporter = new Reporter(deps);
    this.#pause = new PollPause(deps.settings, deps.clock);
    this.#teller = new DecisionTeller(deps.emit);
  }

  /**
   * Runs until `signal` is aborted, or for one tick. The application is left
   * running; stopping it is its owner's part.
   *
   * @throws {FilesystemError} When the working directory cannot be put in order at the start.
   * @throws When the settings say one tick, and it failed: the tick's error.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { settings, clock, target, emit } = this.#deps;
    await target.recover(signal);
    await target.standUp(signal);
    emit({ type: "standing" });
    while (!signal.aborted) {
      const startedAt = clock.now();
      const error = await this.#tick(signal);
      if (settings.once) {
        if (error !== undefined) throw error;
        return await target.requireStanding(signal);
      }
      const elapsedMs = clock.now() - startedAt;
      const jitterMs = this.#pause.jitterMs(Math.random());
      const pauseMs = this.#pause.nextMs(elapsedMs) + jitterMs;
      await target.pause(pauseMs, signal);
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
      const isWell = await withDeadline(
        { signal, ms, onTimeout },
        (signal) => this.#pollAndDeploy(signal),
      );
      if (isWell) this.#clearErrors();
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#tickFailures++;
      const failures = this.#tickFailures;
      emit({ type: "tick-failed", error: asError(error), failures });
      return error;
    }
  }

  /** Returns whether all is as it should be: not so while a release that failed is only waited for. */
  async #pollAndDeploy(signal: AbortSignal): Promise<boolean> {
    const { target } = this.#deps;
    await target.takeBackBad(signal);
    await target.standUp(signal);
    const latest = await this.#ask(signal);
    const action = await this.#decide(latest);
    if (action.kind === "skip") {
      this.#teller.skipped(action);
      if (this.#deps.settings.once) refuseUnfinished(action);
      return action.code !== "failed-before";
    }
    const { release, reason } = action;
    this.#teller.deploys();
    this.#deps.emit({ type: "registry-selected", tag: release.tag });
    try {
      await target.deploy(release, reason, signal);
    } catch (error) {
      if (!signal.aborted) await this.#reporter.report(release, signal, error);
      throw error;
    }
    await this.#reporter.report(release, signal);
    await target.cleanUp(signal);
    return true;
  }

  async #ask(signal: AbortSignal): Promise<Latest> {
    const { registry, emit } = this.#deps;
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
      this.#pause.succeeded();
      emit({ type: "registry-answered" });
      this.#teller.incomplete(latest);
      return latest;
    } catch (error) {
      signal.throwIfAborted();
      this.#pause.failed(error);
      const { failures } = this.#pause;
      const retryInMs = this.#pause.nextMs(0);
      emit({
        type: "registry-failed",
        error: asError(error),
        failures,
        retryInMs,
      });
      throw error;
    }
  }

  async #decide(latest: Latest): Promise<Action> {
    const { state, target, settings, clock, registry } = this.#deps;
    const { allowDowngrade } = settings;
    const { rules } = registry;
    return decide({
      latest,
      state: state.value,
      ...await target.inspect(latest),
      rules,
      allowDowngrade,
      // Whoever asks for one tick wants the attempt now.
      ignoreFailures: settings.once,
      now: clock.now(),
    });
  }

  #clearErrors(): void {
    const failures = this.#tickFailures;
    if (failures === 0) return;
    this.#tickFailures = 0;
    this.#deps.emit({ type: "errors-cleared", failures });
  }
}

/** With one tick only, an upload that is still under way is no success. */
function refuseUnfinished(
  { code, reason, tag }: Action & { kind: "skip" },
): void {
  if (code !== "incomplete") return;
  throw new SourceError(
    "not-found",
    `Cannot deploy ${tag ?? "any version"}: ${reason}`,
    {
      hint:
        "Publish the artifact for this platform, or run again when it is there",
    },
  );
}
