import type { Session } from "../balancer.ts";

/** One attempt to reach a backend. It is work of that backend: draining waits for it. */
export class Attempt implements Session {
  readonly isAttempt = true;
  #controller = new AbortController();
  #isLate = false;

  /** Aborted when the attempt must not go on. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it was told to end before it was over. */
  get isEnded(): boolean {
    return this.signal.aborted;
  }

  /** Whether that was because it took too long. */
  get isLate(): boolean {
    return this.#isLate;
  }

  readonly timeOut = (): void => {
    this.#isLate = !this.isEnded;
    this.end();
  };

  readonly end = (): void => this.#controller.abort();
}
