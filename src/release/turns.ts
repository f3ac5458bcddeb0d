import { setImmediate } from "node:timers/promises";

const TURN_MS = 15;

/** Lets the rest of the program have its turn in the middle of long work. */
export class Turns {
  readonly #signal: AbortSignal;
  #since = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Throws the reason of an aborted signal; waits for the event loop when the last wait is a while ago. */
  async take(): Promise<void> {
    this.#signal.throwIfAborted();
    if (performance.now() - this.#since < TURN_MS) return;
    await setImmediate();
    this.#since = performance.now();
    this.#signal.throwIfAborted();
  }
}
