/** What reads along with the bytes of a client. */
export interface Inspector {
  /** Returns what is to be passed on now of all that came so far; valid until the next call. */
  take(bytes: Uint8Array): readonly Uint8Array[];
}

/** What is passed on of some bytes: most often all of them, in one piece. */
export class Passage {
  readonly bytes: Uint8Array;
  #pieces: Uint8Array[] = [];
  /** What comes before is among the pieces, or dropped. */
  #from = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Passes on what comes before `at`, and then `piece`. */
  insert(piece: Uint8Array, at: number): void {
    if (at > this.#from) {
      this.#pieces.push(this.bytes.subarray(this.#from, at));
    }
    this.#pieces.push(piece);
    this.#from = at;
  }

  /** Leaves out what comes between. */
  drop(from: number, to: number): void {
    if (from > this.#from) {
      this.#pieces.push(this.bytes.subarray(this.#from, from));
    }
    this.#from = to;
  }

  end(): readonly Uint8Array[] {
    const { length } = this.bytes;
    if (this.#from < length) {
      this.#pieces.push(
        this.#from === 0 ? this.bytes : this.bytes.subarray(this.#from),
      );
    }
    return this.#pieces;
  }
}
