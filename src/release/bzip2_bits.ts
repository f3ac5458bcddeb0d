/** Reads big-endian bit fields out of a buffer. Past its end it reads zeros and says so by {@link overrun}. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #next = 0;
  /** The last bits read ahead, in the low {@link #count} bits. */
  #bits = 0;
  #count = 0;

  /** Begins `start` bits, at most seven, after the beginning of `bytes`. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.read(start);
  }

  /** Whether more bits were taken than there are. */
  get overrun(): boolean {
    return this.taken > this.#bytes.length * 8;
  }

  /** How many bits were taken, counted from the beginning of the buffer. */
  get taken(): number {
    return this.#next * 8 - this.#count;
  }

  /** Returns the next `length` bits, at most 24, without taking them. */
  peek(length: number): number {
    while (this.#count < length) {
      this.#bits = (this.#bits << 8) | (this.#bytes[this.#next++] ?? 0);
      this.#count += 8;
    }
    return (this.#bits >>> (this.#count - length)) & ((1 << length) - 1);
  }

  /** Takes bits that were peeked at. */
  skip(length: number): void {
    this.#count -= length;
  }

  /** Takes the next `length` bits, at most 24. */
  read(length: number): number {
    const value = this.peek(length);
    this.#count -= length;
    return value;
  }

  /** Takes 32 bits, as a signed number. */
  readInt32(): number {
    return (this.read(16) << 16) | this.read(16);
  }
}
