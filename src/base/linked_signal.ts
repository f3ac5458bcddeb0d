/**
 * One signal that is aborted with the first of several. Unlike
 * `AbortSignal.any` it leaves nothing behind on signals that live on, once it is
 * disposed of.
 */
export class LinkedSignal implements Disposable {
  #controller = new AbortController();
  #sources: readonly AbortSignal[];

  constructor(...sources: readonly AbortSignal[]) {
    this.#sources = sources;
    for (const source of sources) {
      if (source.aborted) this.#controller.abort(source.reason);
      source.addEventListener("abort", this.#onAbort);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #onAbort = (event: Event): void => {
    const { target } = event;
    const reason = target instanceof AbortSignal ? target.reason : undefined;
    this.#controller.abort(reason);
  };

  [Symbol.dispose](): void {
    for (const source of this.#sources) {
      source.removeEventListener("abort", this.#onAbort);
    }
  }
}
