import { DewyError, errorMessage } from "../base/errors.ts";
import { LinkedSignal } from "../base/linked_signal.ts";
import { delay } from "../base/time.ts";
import type { Application } from "./application.ts";
import {
  GenerationLauncher,
  type LaunchedWorker,
  type LauncherOptions,
} from "./generation_launcher.ts";
import { proveReady } from "./prove_ready.ts";
import { decideRespawn } from "./respawn_policy.ts";
import { endWorker } from "./end_worker.ts";
import type { Worker } from "./worker.ts";

/** How a {@link ServerProcess} is made. */
export interface ServerProcessOptions extends LauncherOptions {
  /** Pause between a new worker's proof and the old one's SIGTERM (`KILL_OLD_DELAY`), milliseconds. */
  readonly killOldDelayMs: number;
  /** How long an old worker may take after SIGTERM before SIGKILL, milliseconds; 0 for ever. */
  readonly killDelayMs: number;
  /** The same for {@link ServerProcess.stop}; 0 kills at once. */
  readonly stopTimeoutMs: number;
}

/** What stands in front: the worker that new connections are meant for. */
type Front =
  | { readonly state: "idle" }
  | {
    readonly state: "running";
    readonly worker: Worker;
    readonly deaths: number;
    /** Resolves when it has proved itself, or failed to. */
    readonly settled: Promise<void>;
  }
  | {
    readonly state: "waiting";
    readonly cancel: AbortController;
    readonly deaths: number;
  };

/**
 * The managed application as a row of generations that share dewy's listening
 * sockets: a new one is started beside the old one, proves itself, and only then
 * is the old one told to finish. A worker that dies is replaced, with growing
 * pauses when it dies young.
 */
export class ServerProcess implements Application, AsyncDisposable {
  #options: ServerProcessOptions;
  #launcher: GenerationLauncher;
  #front: Front = { state: "idle" };
  #retiring = new Set<Promise<void>>();
  #stopping = new AbortController();
  #nextDeath = new AbortController();
  /** Starts and restarts follow each other, never two at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    this.#launcher = new GenerationLauncher(options);
  }

  get running(): boolean {
    return this.#front.state !== "idle";
  }

  get pid(): number | undefined {
    return this.#front.state === "running" ? this.#front.worker.pid : undefined;
  }

  get deaths(): number {
    return this.#front.state === "waiting" ? this.#front.deaths : 0;
  }

  get nextDeath(): AbortSignal {
    return this.#nextDeath.signal;
  }

  get ports(): number {
    return this.#options.sockets.length;
  }

  async settled(): Promise<void> {
    // A start that is under way decides who is in front.
    await this.#queue;
    if (this.#front.state === "running") await this.#front.settled;
  }

  bringUp(): Promise<void> {
    return this.#inTurn(async () => {
      this.#stopping.signal.throwIfAborted();
      if (this.#front.state === "running") return;
      this.#leaveWaiting();
      await this.#launchUnproved(0);
    });
  }

  replace(signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#replace(signal));
  }

  /**
   * Replaces the worker by one of the same release, after whatever is under way.
   * Returns whether there was one.
   *
   * @throws {ApplicationError} As {@link replace} does.
   */
  restart(signal: AbortSignal): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#front.state === "idle") return false;
      await this.#replace(signal);
      return true;
    });
  }

  async #replace(signal: AbortSignal): Promise<void> {
    const { ready, emit } = this.#options;
    using linked = new LinkedSignal(signal, this.#stopping.signal);
    const { signal: either } = linked;
    either.throwIfAborted();
    await using launched = await this.#launcher.launch();
    const { worker, channels } = launched;
    const { pid, generation } = worker;
    try {
      const proof = await proveReady(worker, channels, {
        policy: ready,
        signal: either,
      });
      const durationMs = worker.ageMs;
      emit({ type: "worker-ready", pid, generation, proof, durationMs });
    } catch (error) {
      // Being stopped is no fault of the worker.
      if (!either.aborted || either.reason instanceof DewyError) {
        const reason = errorMessage(error);
        emit({ type: "worker-rejected", pid, generation, reason });
      }
      await this.#end(worker, this.#options.stopTimeoutMs);
      throw error;
    }
    const old = this.#front;
    this.#leaveWaiting();
    this.#putInFront(worker, 0, Promise.resolve());
    if (old.state === "running") this.#retire(old.worker);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(
      new DOMException("Cannot start a worker: dewy is stopping", "AbortError"),
    );
    this.#leaveWaiting();
    // All end side by side: the one in front, one that is proving itself, old ones.
    await Promise.all([this.#endFront(), this.#queue]);
    // One that came to the front in that very moment.
    await this.#endFront();
    await Promise.all(this.#retiring);
    await this.#launcher.ended();
  }

  async #endFront(): Promise<void> {
    const front = this.#front;
    this.#front = { state: "idle" };
    if (front.state !== "running") return;
    await this.#end(front.worker, this.#options.stopTimeoutMs);
  }

  /** Ends every worker at once. */
  kill(): void {
    this.#launcher.killAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const socket of this.#options.sockets) socket.close();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(task);
    // A failure belongs to whoever asked for this turn, not to the next one.
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Waits for the proof of a worker that stays in front either way: there is no better one. */
  async #settle(launched: LaunchedWorker): Promise<void> {
    await using _channels = launched;
    const { worker, channels } = launched;
    const { pid, generation } = worker;
    const { ready: policy, emit } = this.#options;
    const { signal } = this.#stopping;
    try {
      const proof = await proveReady(worker, channels, { policy, signal });
      const durationMs = worker.ageMs;
      emit({ type: "worker-ready", pid, generation, proof, durationMs });
    } catch (error) {
      // Its end, and dewy's, are told elsewhere.
      if (signal.aborted || worker.exit !== undefined) return;
      emit({
        type: "worker-unready",
        pid,
        generation,
        reason: errorMessage(error),
      });
    }
  }

  #putInFront(worker: Worker, deaths: number, settled: Promise<void>): void {
    this.#front = { state: "running", worker, deaths, settled };
    // It ends only when this worker does, and reports its own failures.
    void worker.exited.then((exit) => {
      const front = this.#front;
      if (front.state !== "running" || front.worker !== worker) return;
      if (this.#stopping.signal.aborted) return;
      const livedMs = worker.ageMs;
      const decision = decideRespawn(front.deaths, livedMs, Math.random());
      const { pid, generation } = worker;
      this.#options.emit({
        type: "worker-died",
        pid,
        generation,
        exit,
        respawnInMs: decision.delayMs,
        deaths: decision.deaths,
      });
      return this.#respawn(decision.delayMs, decision.deaths);
    });
  }

  /** Never rejects: a launch that fails is told, and tried again. */
  async #respawn(afterMs: number, deaths: number): Promise<void> {
    const cancel = new AbortController();
    this.#front = { state: "waiting", cancel, deaths };
    const died = this.#nextDeath;
    this.#nextDeath = new AbortController();
    died.abort();
    await delay(afterMs, cancel.signal);
    await this.#inTurn(async () => {
      if (!cancel.signal.aborted) await this.#launchUnproved(deaths);
    });
  }

  async #launchUnproved(deaths: number): Promise<void> {
    try {
      const launched = await this.#launcher.launch();
      this.#putInFront(launched.worker, deaths, this.#settle(launched));
    } catch (error) {
      this.#launchFailed(error, deaths);
    }
  }

  #launchFailed(error: unknown, deaths: number): void {
    const failure = error instanceof Error ? error : new Error(String(error));
    const decision = decideRespawn(deaths, 0, Math.random());
    this.#options.emit({
      type: "worker-launch-failed",
      error: failure,
      respawnInMs: decision.delayMs,
    });
    void this.#respawn(decision.delayMs, decision.deaths);
  }

  #leaveWaiting(): void {
    if (this.#front.state !== "waiting") return;
    this.#front.cancel.abort();
    this.#front = { state: "idle" };
  }

  #retire(worker: Worker): void {
    const { killOldDelayMs, killDelayMs, emit } = this.#options;
    const retired = (async () => {
      await delay(killOldDelayMs, this.#stopping.signal);
      emit({
        type: "worker-retiring",
        pid: worker.pid,
        generation: worker.generation,
      });
      await this.#end(worker, killDelayMs);
    })();
    this.#retiring.add(retired);
    void retired.finally(() => this.#retiring.delete(retired));
  }

  #end(worker: Worker, killAfterMs: number): Promise<void> {
    const { emit, stopTimeoutMs } = this.#options;
    const { signal: stopping } = this.#stopping;
    return endWorker(worker, { killAfterMs, stopTimeoutMs, stopping, emit });
  }
}
