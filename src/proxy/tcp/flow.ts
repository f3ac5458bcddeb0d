/**
 * Bytes that an idle direction holds. It grows with the first read that fills
 * it, since large reads pay off for large transfers only.
 */
const FIRST_BUFFER_BYTES = 4 * 1024;
const LARGEST_BUFFER_BYTES = 64 * 1024;
const GROWTH = 4;

/** What a {@link Flow} reads from. */
export type FlowSource = Pick<Deno.TcpConn, "read">;
/** What a {@link Flow} writes to. */
export type FlowTarget = Pick<Deno.TcpConn, "write" | "closeWrite">;

/**
 * One direction of a session: what `from` sends goes to `to`, and its end as
 * the end of that direction only. There is never more than one buffer on the
 * way: a receiver that does not read holds up the sender.
 */
export class Flow {
  /** Bytes passed on. */
  bytes = 0;
  /** Grows with each read and write. */
  progress = 0;
  #from: FlowSource;
  #to: FlowTarget;
  #isWriting = false;
  #isEnding = false;
  #isShut = false;
  #held: PromiseWithResolvers<void> | undefined;

  constructor(from: FlowSource, to: FlowTarget) {
    this.#from = from;
    this.#to = to;
  }

  /** Whether the receiver has yet to take what was read. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /**
   * Resolves when `from` has said all.
   *
   * @throws When a connection breaks, or is closed by the owner.
   */
  async run(): Promise<void> {
    const from = this.#from;
    const to = this.#to;
    let buffer = new Uint8Array(FIRST_BUFFER_BYTES);
    for (;;) {
      if (this.#held !== undefined) await this.#held.promise;
      const count = await from.read(buffer);
      this.progress++;
      if (count === null) break;
      // Nobody is there to take it, but it makes room for what ends `from`.
      if (this.#isEnding) continue;
      this.#isWriting = true;
      let written = await to.write(buffer.subarray(0, count));
      while (written < count) {
        this.progress++;
        written += await to.write(buffer.subarray(written, count));
      }
      this.#isWriting = false;
      this.progress++;
      this.bytes += count;
      if (this.#isEnding) await this.#shut();
      if (count === buffer.length && count < LARGEST_BUFFER_BYTES) {
        buffer = new Uint8Array(count * GROWTH);
      }
    }
    await this.#shut();
  }

  /** Takes nothing more from `from` after the read that is under way, until {@link resume}. */
  pause(): void {
    this.#held ??= Promise.withResolvers();
  }

  resume(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /**
   * Ends it before `from` does: after what is on its way nothing more is passed on.
   *
   * @throws When the connection is broken.
   */
  async end(): Promise<void> {
    this.#isEnding = true;
    if (!this.#isWriting) await this.#shut();
  }

  async #shut(): Promise<void> {
    if (this.#isShut) return;
    this.#isShut = true;
    await this.#to.closeWrite();
  }
}
