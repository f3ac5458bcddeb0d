import { Buffer } from "node:buffer";
import { BackendFault } from "./fault.ts";

/** Bytes that one read may bring; a head has to fit. */
const BUFFER_BYTES = 16 * 1024;
/** Bytes of one read of a body that is passed on. */
const BLOCK_BYTES = 64 * 1024;

const CR = 13;
const LF = 10;

/**
 * The reading side of a connection to a backend. There is always at most one
 * read under way; on an idle connection it tells when the backend leaves.
 */
export class ByteInput {
  #conn: Pick<Deno.TcpConn, "read">;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #start = 0;
  #end = 0;
  #pending: Promise<number | null> | undefined;

  constructor(conn: Pick<Deno.TcpConn, "read">) {
    this.#conn = conn;
  }

  /** Bytes that have arrived and were not taken. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** What has arrived and was not taken; valid until the next call. */
  get peek(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Drops `count` bytes that have arrived. */
  skip(count: number): void {
    this.#start += count;
  }

  /**
   * Starts the next read without waiting for it.
   *
   * @param onEnd Called when nothing but the end, or something unasked for, comes.
   */
  watch(onEnd: () => void): void {
    this.#start = 0;
    this.#end = 0;
    const pending = this.#conn.read(this.#buffer);
    this.#pending = pending;
    // Whoever asks next gets the same answer, and the error with it.
    pending.then(onEnd, onEnd);
  }

  /**
   * Takes what comes before the first empty line, as one character for each byte.
   *
   * @returns `undefined` when the connection ended before the first byte.
   * @throws {BackendFault} When it ended later, or the head is longer than `longest`.
   */
  async takeHead(longest: number): Promise<string | undefined> {
    let from = this.#start;
    for (;;) {
      const at = this.#indexOfEmptyLine(from);
      // Up to three bytes of the empty line may be there without the last.
      const length = at < 0 ? this.buffered - 3 : at - this.#start;
      if (length >= longest) {
        throw new BackendFault("backend-invalid", "The head is too long");
      }
      if (at >= 0) {
        const head = this.#buffer.toString("latin1", this.#start, at);
        this.#start = at + 4;
        return head;
      }
      const scanned = Math.max(this.buffered - 3, 0);
      if (await this.#fill() === null) {
        if (this.buffered === 0) return undefined;
        throw new BackendFault("backend-closed", "The head was cut off");
      }
      from = this.#start + scanned;
    }
  }

  /**
   * Takes a line without its end; `undefined` at the end of the connection.
   *
   * @throws {BackendFault} When it is longer than `longest`, or ends with a bare line feed.
   */
  async takeLine(longest: number): Promise<string | undefined> {
    for (;;) {
      const at = this.#indexOf(LF);
      if (at >= 0) {
        if (at === this.#start || this.#buffer[at - 1] !== CR) {
          throw new BackendFault("backend-invalid", "A line has a bare end");
        }
        const line = this.#buffer.toString("latin1", this.#start, at - 1);
        this.#start = at + 1;
        if (line.length <= longest) return line;
      }
      if (at >= 0 || this.buffered > longest + 1) {
        throw new BackendFault("backend-invalid", "A line is too long");
      }
      if (await this.#fill() === null) return undefined;
    }
  }

  /** Takes some bytes, at most `most`; `undefined` at the end of the connection. */
  async takeSome(most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.buffered > 0) return this.takeNow(Math.min(most, this.buffered));
    const block = new Uint8Array(Math.min(most, BLOCK_BYTES));
    if (this.#pending !== undefined) {
      return await this.#fill() === null
        ? undefined
        : this.takeNow(Math.min(most, this.buffered));
    }
    const count = await this.#conn.read(block);
    return count === null ? undefined : block.subarray(0, count);
  }

  /** Takes `count` bytes that have arrived. */
  takeNow(count: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(count);
    bytes.set(this.#buffer.subarray(this.#start, this.#start + count));
    this.#start += count;
    return bytes;
  }

  /** Makes room and reads; the number of bytes, `null` at the end. */
  async #fill(): Promise<number | null> {
    const pending = this.#pending;
    if (pending === undefined) this.#makeRoom();
    this.#pending = undefined;
    const count = await (pending ??
      this.#conn.read(this.#buffer.subarray(this.#end)));
    if (count !== null) this.#end += count;
    return count;
  }

  #makeRoom(): void {
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    } else if (this.#end === this.#buffer.length) {
      const bytes = this.#buffer.subarray(this.#start, this.#end);
      const isFull = bytes.length > this.#buffer.length / 2;
      const next = isFull
        ? Buffer.allocUnsafeSlow(this.#buffer.length * 2)
        : this.#buffer;
      next.set(bytes);
      this.#buffer = next;
      this.#end = bytes.length;
      this.#start = 0;
    }
  }

  #indexOf(byte: number): number {
    const at = this.#buffer.indexOf(byte, this.#start);
    return at < this.#end ? at : -1;
  }

  #indexOfEmptyLine(from: number): number {
    const buffer = this.#buffer;
    const last = this.#end - 3;
    for (let at = from; at < last; at++) {
      if (
        buffer[at] === CR && buffer[at + 1] === LF && buffer[at + 2] === CR &&
        buffer[at + 3] === LF
      ) return at;
    }
    return -1;
  }
}
