import { ApplicationError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { findProgram } from "./find_program.ts";
import type { Libc } from "./libc.ts";
import type { ListenSocket, SocketOpener } from "./listen_sockets.ts";
import { NotifySocket } from "./notify_socket.ts";
import type { WorkerLedger } from "./orphans.ts";
import type { ProofChannels, ReadyPolicy } from "./prove_ready.ts";
import { Worker } from "./worker.ts";
import { readEnvdir, workerEnv } from "./worker_env.ts";

/** What every generation is launched with. */
export interface LauncherOptions {
  /** The program and its arguments. */
  readonly program: readonly [string, ...string[]];
  /** dewy's working directory, which is the workers' too. */
  readonly cwd: string;
  /** dewy's own folder, `.dewy`. */
  readonly folder: string;
  /** dewy's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly libc: Libc;
  readonly opener: SocketOpener;
  readonly sockets: readonly ListenSocket[];
  readonly ready: ReadyPolicy;
  readonly ledger: WorkerLedger;
  readonly emit: EmitEvent;
}

/** A launched worker and the channels of its proof, which close with this value; the worker stays. */
export interface LaunchedWorker extends AsyncDisposable {
  readonly worker: Worker;
  readonly channels: ProofChannels;
}

/** Launches generation after generation of the application, each with the next number. */
export class GenerationLauncher {
  #options: LauncherOptions;
  #generation = 0;
  #setpriv: Promise<string | undefined> | undefined;
  #running = new Set<Worker>();
  #bookkeeping = new Set<Promise<void>>();

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /**
   * @throws {ApplicationError} When the program cannot be found or started.
   */
  async launch(): Promise<LaunchedWorker> {
    const { program, cwd, env, ready } = this.#options;
    const [name, ...args] = program;
    const file = await findProgram(name, { cwd, path: env["PATH"] ?? "" });
    const stack = new AsyncDisposableStack();
    try {
      const notify = ready.notify
        ? stack.use(await NotifySocket.open(this.#options.folder))
        : undefined;
      const health = ready.healthPath === undefined
        ? undefined
        : this.#options.opener.openLoopback();
      if (health !== undefined) stack.defer(() => health.close());
      const sockets = health === undefined
        ? this.#options.sockets
        : [...this.#options.sockets, health];
      const worker = await this.#spawn([file, ...args], sockets, notify?.path);
      return {
        worker,
        channels: { notify, healthPort: health?.port },
        [Symbol.asyncDispose]: () => stack.disposeAsync(),
      };
    } catch (error) {
      await stack.disposeAsync();
      throw error;
    }
  }

  /** Resolves when every worker has ended and is struck out of the ledger. */
  async ended(): Promise<void> {
    await Promise.all(this.#bookkeeping);
  }

  /** Ends every worker that runs, at once. */
  killAll(): void {
    for (const worker of this.#running) worker.killGroup();
  }

  async #spawn(
    command: readonly [string, ...string[]],
    sockets: readonly ListenSocket[],
    notifySocket: string | undefined,
  ): Promise<Worker> {
    const { libc, cwd, env, ledger, emit } = this.#options;
    const generation = ++this.#generation;
    const setpriv = await (this.#setpriv ??= findSetpriv(env["PATH"] ?? ""));
    const worker = Worker.launch(libc, {
      generation,
      command,
      cwd,
      env: workerEnv({
        base: env,
        envdir: await this.#envdir(),
        sockets,
        generation,
        notifySocket,
      }),
      fds: sockets.map(({ fd }) => fd),
      setpriv,
    });
    this.#running.add(worker);
    emit({ type: "worker-started", pid: worker.pid, generation });
    await ledger.add(worker.pid, setpriv !== undefined);
    const struckOut = this.#strikeOut(worker);
    this.#bookkeeping.add(struckOut);
    void struckOut.finally(() => this.#bookkeeping.delete(struckOut));
    return worker;
  }

  async #strikeOut(worker: Worker): Promise<void> {
    const { ledger, emit } = this.#options;
    await worker.exited;
    this.#running.delete(worker);
    try {
      await ledger.remove(worker.pid);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      emit({ type: "cleanup-failed", what: "the list of workers", error });
    }
  }

  async #envdir(): Promise<Readonly<Record<string, string>>> {
    const directory = this.#options.env["ENVDIR"];
    if (directory === undefined || directory === "") return {};
    try {
      return await readEnvdir(directory);
    } catch (cause) {
      throw new ApplicationError(`Cannot read ENVDIR "${directory}"`, {
        cause,
        hint: "It must be a folder of readable files, one variable each",
      });
    }
  }
}

/** Finds util-linux's setpriv; without it the application outlives a killed dewy until the next start. */
async function findSetpriv(path: string): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const file = await findProgram("setpriv", {
      cwd: "/",
      path: `${path}:/usr/bin:/bin`,
    });
    // BusyBox has a setpriv that does not know the option.
    const { success } = await new Deno.Command(file, {
      args: ["--pdeathsig", "TERM", "--", "/bin/true"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? file : undefined;
  } catch (error) {
    if (error instanceof ApplicationError) return undefined;
    throw error;
  }
}
