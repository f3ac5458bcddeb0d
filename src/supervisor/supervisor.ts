import { DewyError } from "../base/errors.ts";
import { LinkedSignal } from "../base/linked_signal.ts";
import { withDeadline } from "../base/time.ts";
import type { Registry } from "../registry/registry.ts";
import { Asker } from "./asker.ts";
import { CalledOffError, causeOf } from "./call_off.ts";
import {
  type Ask,
  type Choice,
  Chooser,
  type ChooserSettings,
  failedWayBack,
  tagOf,
} from "./chooser.ts";
import type { Action } from "./decide.ts";
import { DecisionTeller } from "./decision_teller.ts";
import { OperationError } from "./operations.ts";
import { type Order, Orders } from "./orders.ts";
import { prepareTask, settleOrder } from "./perform.ts";
import { PollPause, type PollSettings } from "./poll_pause.ts";
import { newPulse, type Pulse } from "./pulse.ts";
import { Reporter, type ReporterDeps } from "./reporter.ts";
import { giveUpRollback } from "./state_operator.ts";
import type { StateFile } from "./state_file.ts";
import type { Target } from "./target.ts";
import { refuseUnfinished, tickTimeoutError } from "./tick_errors.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";

/** What a {@link Supervisor} works with. */
export interface SupervisorDeps extends ReporterDeps {
  readonly registry: Registry;
  readonly target: Target;
  readonly state: StateFile;
  readonly settings: SupervisorSettings;
}

/** How a {@link Supervisor} behaves; times in milliseconds. */
export interface SupervisorSettings
  extends PollSettings, Omit<ChooserSettings, "ignoreFailures"> {
  readonly tickTimeoutMs: number;
  /** Run one tick and return. */
  readonly once: boolean;
}

/**
 * The one loop: ask the registry, decide, deploy, wait. Ticks follow each other
 * and never overlap; what fails in one is told, and the next one is the retry.
 * An operator's order ends the wait and is done by the next tick.
 */
export class Supervisor {
  /** What the loop is at. */
  readonly pulse: Pulse = newPulse();
  readonly orders = new Orders();
  readonly asker: Asker;
  readonly chooser: Chooser;
  #deps: SupervisorDeps;
  #pause: PollPause;
  #teller: DecisionTeller;
  #reporter: Reporter;
  /** Ticks that failed in a row. */
  #tickFailures = 0;
  #calledOff = new AbortController();

  constructor(deps: SupervisorDeps) {
    const { settings, clock, emit, registry } = deps;
    this.#deps = deps;
    this.#reporter = new Reporter(deps);
    this.#pause = new PollPause(settings, clock);
    this.#teller = new DecisionTeller(emit);
    const { pulse } = this;
    this.asker = new Asker({ ...deps, pause: this.#pause, pulse });
    this.chooser = new Chooser({
      ...deps,
      rules: registry.rules,
      // Whoever asks for one tick wants the attempt now.
      settings: { ...settings, ignoreFailures: settings.once },
    });
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
    using _ = { [Symbol.dispose]: () => this.#close() };
    while (!signal.aborted) {
      const startedAt = clock.now();
      const error = await this.#tick(signal);
      if (settings.once) {
        if (error !== undefined) throw error;
        return await target.requireStanding(signal);
      }
      await this.#wait(startedAt, signal);
    }
  }

  /** Ends what the tick under way is at, as its time limit does, but for that it is no failure. */
  callOff(reason: CalledOffError): void {
    this.#calledOff.abort(reason);
  }

  /** Nobody is there any more to do what an operator wants. */
  #close(): void {
    this.pulse.phase = "stopping";
    this.orders.close(
      new OperationError("unavailable", "dewy is stopping", {
        hint: "Try again when it has been started again",
      }),
    );
  }

  async #wait(startedAt: number, signal: AbortSignal): Promise<void> {
    const { clock, target } = this.#deps;
    const now = clock.now();
    const jitterMs = this.#pause.jitterMs(Math.random());
    const pauseMs = this.#pause.nextMs(now - startedAt) + jitterMs;
    this.pulse.phase = "waiting";
    this.pulse.nextPollAt = now + pauseMs;
    using either = new LinkedSignal(signal, this.orders.wake);
    await target.pause(pauseMs, either.signal);
  }

  async #tick(signal: AbortSignal): Promise<unknown> {
    const { settings, emit } = this.#deps;
    const order = this.orders.take();
    const { tickTimeoutMs: ms } = settings;
    const onTimeout = () => tickTimeoutError(ms);
    this.pulse.phase = "checking";
    this.#calledOff = new AbortController();
    using either = new LinkedSignal(signal, this.#calledOff.signal);
    try {
      const isWell = await withDeadline(
        { signal: either.signal, ms, onTimeout },
        (signal) => this.#pollAndDeploy(order, signal),
      );
      if (isWell) this.#clearErrors();
      return undefined;
    } catch (error) {
      order?.refuse(error);
      if (signal.aborted) return undefined;
      if (causeOf(error, either.signal) instanceof CalledOffError) return error;
      this.#tickFailures++;
      const failures = this.#tickFailures;
      emit({ type: "tick-failed", error: asError(error), failures });
      return error;
    }
  }

  /** Returns whether all is as it should be: not so while a release that failed is only waited for. */
  async #pollAndDeploy(
    order: Order | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { target, settings } = this.#deps;
    await this.#deps.state.catchUp();
    await target.takeBackBad(signal);
    await target.standUp(signal);
    const ask: Ask = (wish) => this.asker.latest(signal, wish);
    const { rules } = this.#deps.registry;
    const deps = { ...this.#deps, ask, rules };
    const isTaken = await prepareTask(order, deps, signal);
    if (!isTaken) return true;
    const choice = await this.chooser.choose(ask, order?.task);
    const { action, latest } = choice;
    if (latest !== undefined) this.#teller.incomplete(latest);
    this.#note(choice);
    settleOrder(order, action);
    if (action.kind === "skip") {
      this.#teller.skipped(action);
      if (settings.once) refuseUnfinished(action);
      return action.code !== "failed-before";
    }
    await this.#deploy(action, choice, signal);
    return true;
  }

  async #deploy(
    { release, reason }: Action & { kind: "deploy" },
    choice: Choice,
    signal: AbortSignal,
  ): Promise<void> {
    const { target, emit } = this.#deps;
    const { recalled } = choice;
    this.#teller.deploys();
    emit({ type: "registry-selected", tag: release.tag });
    this.pulse.phase = "deploying";
    try {
      if (recalled?.release === release) {
        await target.bringBack(recalled, reason, signal);
      } else await target.deploy(release, reason, signal);
    } catch (error) {
      const isGivenUp = await this.#giveUpRollback(release.tag, signal);
      if (isGivenUp) this.#note(failedWayBack(release.tag, choice, error));
      else await this.#noteEnd(choice);
      if (!signal.aborted) await this.#reporter.report(release, signal, error);
      throw error;
    }
    await this.#noteEnd(choice);
    await this.#reporter.report(release, signal);
    await target.cleanUp(signal);
  }

  /** Whoever went back and could not get there is where he was; only a stop leaves it for later. */
  async #giveUpRollback(tag: string, signal: AbortSignal): Promise<boolean> {
    const { state, emit } = this.#deps;
    const isStop = signal.aborted && !(signal.reason instanceof DewyError);
    if (isStop || state.value.rollback?.to !== tag) return false;
    if (state.value.deployed?.tag === tag) return false;
    await tryOrTell("the state", () => state.update(giveUpRollback), emit);
    return true;
  }

  /** What was decided is done, or has failed: it is no longer what holds. */
  #noteEnd(choice: Choice): Promise<void> {
    const note = async () => this.#note(await this.chooser.reconsider(choice));
    return tryOrTell("the decision", note, this.#deps.emit);
  }

  #note({ action, waiting }: Choice): void {
    const { kind, code, reason } = action;
    const at = this.#deps.clock.now();
    const version = tagOf(action);
    this.pulse.decision = { at, kind, code, version, reason };
    this.pulse.waiting = waiting;
  }

  #clearErrors(): void {
    const failures = this.#tickFailures;
    if (failures === 0) return;
    this.#tickFailures = 0;
    this.#deps.emit({ type: "errors-cleared", failures });
  }
}
