/** Calls a transfer off when its owner gives up, or when nothing comes for too long. */
export class TransferWatch implements Disposable {
  readonly #controller = new AbortController();
  readonly #owner: AbortSignal;
  readonly #onTimeout: (ms: number) => Error;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onTimeout Builds the error the transfer is called off with after that many milliseconds. */
  constructor(owner: AbortSignal, onTimeout: (ms: number) => Error) {
    this.#owner = owner;
    this.#onTimeout = onTimeout;
    owner.addEventListener("abort", this.#onAbort, { once: true });
    if (owner.aborted) this.#onAbort();
  }

  /** Hand it to what transfers. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something must come within `ms` from now. */
  expect(ms: number): void {
    this.settle();
    this.#timer = setTimeout(() => {
      this.#controller.abort(this.#onTimeout(ms));
    }, ms);
  }

  /** It came. */
  settle(): void {
    clearTimeout(this.#timer);
  }

  /** The transfer is over. */
  [Symbol.dispose](): void {
    this.settle();
    this.#owner.removeEventListener("abort", this.#onAbort);
  }

  #onAbort = (): void => {
    this.#controller.abort(this.#owner.reason);
  };
}
