/** What ends a command that nothing else ends. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Lets a command clean up before a signal ends it: its `signal` is aborted, and
 * when this value goes the process ends by the signal that came, as it would
 * have without.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #stack = new DisposableStack();
  #came: Deno.Signal | undefined;

  constructor() {
    // Last of all, when nobody listens any longer.
    this.#stack.defer(() => this.#end());
    for (const name of SIGNALS) this.#listen(name);
  }

  /** Aborted by the first signal, with its name as the reason's message. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #listen(name: Deno.Signal): void {
    const handler = () => {
      this.#came ??= name;
      this.#controller.abort(new DOMException(name, "AbortError"));
    };
    Deno.addSignalListener(name, handler);
    this.#stack.defer(() => Deno.removeSignalListener(name, handler));
  }

  #end(): void {
    if (this.#came !== undefined) Deno.kill(Deno.pid, this.#came);
  }
}
