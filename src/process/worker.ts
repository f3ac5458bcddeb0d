import process from "node:process";
import { systemErrorCode } from "../base/errors.ts";
import type { ProcessExit } from "../base/event.ts";
import type { Libc } from "./libc.ts";
import { posixSpawn, type SpawnedProcess } from "./posix_spawn.ts";

/** What to launch. */
export interface WorkerSpec {
  readonly generation: number;
  /** The program, already found, and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors the worker gets as 3, 4, … */
  readonly fds: readonly number[];
  /** Path of util-linux's `setpriv`, where there is one: the kernel then ends the worker with dewy. */
  readonly setpriv: string | undefined;
}

const SHELL = "/bin/sh";

/**
 * Runs before the program, in the worker's own process: leaves at once when dewy
 * died before the kernel was told to tie the two together, enters the working
 * directory, and sets `LISTEN_PID`, which only this process knows.
 */
const PRELUDE = `[ "$PPID" = "$1" ] && cd "$2" || exit 125
shift 2
if [ -n "$LISTEN_FDS" ]; then LISTEN_PID=$$; export LISTEN_PID; fi
exec "$@"`;

/** A launched generation of the application: a process that leads a group of its own. */
export class Worker {
  readonly generation: number;
  readonly pid: number;
  #launchedAt = performance.now();
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  #exit: ProcessExit | undefined;

  private constructor(generation: number, process: SpawnedProcess) {
    this.generation = generation;
    this.pid = process.pid;
    this.exited = process.exited.then((exit) => {
      this.#exit = exit;
      return exit;
    });
  }

  /**
   * Starts the process. Its output goes to dewy's own, untouched.
   *
   * @throws {ApplicationError} When the system refuses to start it.
   */
  static launch(libc: Libc, spec: WorkerSpec): Worker {
    const { command, cwd, env, fds, setpriv } = spec;
    const shell = ["-c", PRELUDE, "dewy", String(Deno.pid), cwd, ...command];
    const process = setpriv === undefined
      ? posixSpawn(libc, { file: SHELL, args: shell, env, fds })
      : posixSpawn(libc, {
        file: setpriv,
        args: ["--pdeathsig", "TERM", "--", SHELL, ...shell],
        env,
        fds,
      });
    return new Worker(spec.generation, process);
  }

  /** How long ago it was launched, milliseconds, whatever happens to the clock. */
  get ageMs(): number {
    return Math.round(performance.now() - this.#launchedAt);
  }

  /** How it ended, or `undefined` while it runs. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** Sends a signal to the program; one that is gone is no error. */
  signal(name: "SIGTERM" | "SIGKILL"): void {
    if (this.#exit === undefined) sendSignal(this.pid, name);
  }

  /** Ends the program and everything in its group at once. */
  killGroup(): void {
    sendSignal(-this.pid, "SIGKILL");
  }
}

/**
 * Sends a signal to a process, or with a negative number to a group; one that is
 * gone is no error.
 */
export function sendSignal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}

/** Says how a process ended: `exited with code 1`, `was killed by SIGKILL`. */
export function describeExit(exit: ProcessExit): string {
  return exit.signal === null
    ? `exited with code ${exit.code ?? "unknown"}`
    : `was killed by ${exit.signal}`;
}
