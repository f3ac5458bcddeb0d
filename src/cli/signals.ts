import type { EmitEvent } from "../base/event.ts";
import type { ServerProcess } from "../process/server_process.ts";

/** Names of the stop signals as the original writes them. */
const STOP_SIGNALS = {
  SIGINT: "interrupt",
  SIGTERM: "terminated",
  SIGQUIT: "quit",
} as const;

/** Who hears of a signal. */
export interface SignalTargets {
  readonly emit: EmitEvent;
  /** Left out in assets mode. */
  readonly server: () => ServerProcess | undefined;
}

/** Turns signals into an abort of `signal`, and HUP and USR1 into a restart of the server. */
export class SignalTrap implements Disposable {
  #controller = new AbortController();
  #targets: SignalTargets;
  #stack = new DisposableStack();

  constructor(targets: SignalTargets) {
    this.#targets = targets;
    for (const [signal, name] of Object.entries(STOP_SIGNALS)) {
      this.#listen(signal as Deno.Signal, () => this.#stop(name));
    }
    for (const signal of ["SIGHUP", "SIGUSR1"] as const) {
      this.#listen(signal, () => void this.#restart(signal));
    }
  }

  /** Aborted by the first INT, TERM or QUIT. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #listen(signal: Deno.Signal, handler: () => void): void {
    Deno.addSignalListener(signal, handler);
    this.#stack.defer(() => Deno.removeSignalListener(signal, handler));
  }

  /** The second stop signal does not wait any longer. */
  #stop(name: string): void {
    if (this.signal.aborted) {
      this.#targets.server()?.kill();
      return;
    }
    this.#targets.emit({ type: "stopping", signal: name });
    this.#controller.abort(
      new DOMException(`Stopped by ${name}`, "AbortError"),
    );
  }

  /** Never rejects: what goes wrong is told. */
  async #restart(signal: "SIGHUP" | "SIGUSR1"): Promise<void> {
    const { emit } = this.#targets;
    const server = this.#targets.server();
    try {
      if (server !== undefined && await server.restart(this.signal)) {
        emit({ type: "restarted-by-signal", signal });
      } else {
        const reason = "there is no server to restart";
        emit({ type: "ignored-signal", signal, reason });
      }
    } catch (cause) {
      if (this.signal.aborted) return;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      emit({ type: "restart-failed", error });
    }
  }
}
