/** Streams of one connection that are remembered; servers allow fewer side by side. */
const MOST = 1_024;

/**
 * The streams of HTTP/2 whose heads did not end them: a body may follow. The
 * HTTP server hides that of a GET, so that somebody else has to see it.
 */
export class OpenStreams {
  #streams = new Map<number, PromiseWithResolvers<boolean>>();

  /** The head of a request came, and was not all of it. */
  opened(stream: number): void {
    this.forget(stream);
    const [oldest] = this.#streams.keys();
    if (this.#streams.size >= MOST && oldest !== undefined) this.forget(oldest);
    this.#streams.set(stream, Promise.withResolvers());
  }

  /** Bytes of a body came. */
  filled(stream: number): void {
    this.#streams.get(stream)?.resolve(HAS_BODY);
  }

  /** The client says no more in it. */
  ended(stream: number): void {
    this.#streams.get(stream)?.resolve(!HAS_BODY);
  }

  /** The connection is closed. */
  end(): void {
    for (const stream of this.#streams.keys()) this.ended(stream);
  }

  /** Nobody will ask for it. */
  forget(stream: number): void {
    this.#streams.get(stream)?.resolve(HAS_BODY);
    this.#streams.delete(stream);
  }

  /**
   * Waits until it is known whether a body comes. One that nobody knows, or
   * that takes longer than `timeoutMs`, counts as if it did.
   */
  async hasBody(stream: number, timeoutMs: number): Promise<boolean> {
    const timer = setTimeout(() => this.forget(stream), timeoutMs);
    const hasBody = await this.#streams.get(stream)?.promise ?? HAS_BODY;
    clearTimeout(timer);
    this.#streams.delete(stream);
    return hasBody;
  }
}

const HAS_BODY = true;
