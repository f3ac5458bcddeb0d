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
        [Symbol.asyncDispose]: () => this.#close(stack),
      };
    } catch (error) {
      await this.#close(stack);
      throw error;
    }
  }

  /** Never rejects: what is left of the channels of a proof must not undo what it proved. */
  async #close(stack: AsyncDisposableStack): Promise<void> {
    try {
      await stack.disposeAsync();
    } catch (error) {
      this.#tell("the channels of a proof", error);
    }
  }

  #tell(what: string, cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#options.emit({ type: "cleanup-failed", what, error });
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
    const { libc, cwd, env, emit } = this.#options;
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
    const kept = this.#keepBooks(worker, setpriv !== undefined);
    this.#bookkeeping.add(kept);
    void kept.finally(() => this.#bookkeeping.delete(kept));
    return worker;
  }

  /**
   * Writes a worker down, and strikes it out when it has ended. It is owned and
   * runs whether or not that can be written: a full disk must not cost it.
   */
  async #keepBooks(worker: Worker, tied: boolean): Promise<void> {
    const { ledger } = this.#options;
    const write = async (task: Promise<void>) => {
      await task.catch((error) => this.#tell("the list of workers", error));
    };
    await write(ledger.add(worker.pid, tied));
    await worker.exited;
    this.#running.delete(worker);
    await write(ledger.remove(worker.pid));
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
