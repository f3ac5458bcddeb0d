type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Reads a stream into memory that the caller gives, so that a long one needs
 * no more than a few blocks. A stream of type `bytes` writes into it directly;
 * what any other one brings is copied.
 */
export interface ByteReader {
  /**
   * Returns `block` as far as it was filled: with at least `min` bytes, fewer
   * only at the end of the stream and none behind it. Gives `block` up: its
   * memory is that of what is returned.
   *
   * @throws What the stream fails with.
   */
  read(block: Bytes, min: number): Promise<Bytes>;
  /** Gives the stream up; a read that waits ends as at the end of the stream. */
  cancel(reason: unknown): Promise<void>;
}

/**
 * Returns the reader of a stream, which is locked from then on.
 *
 * @throws {TypeError} When somebody else reads it.
 */
export function openByteReader(stream: ReadableStream<Uint8Array>): ByteReader {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: "byob" });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // No stream of bytes; one that is locked fails here again.
    return new CopyingReader(stream.getReader());
  }
  return {
    async read(block, min) {
      const { value } = await reader.read(block, { min });
      // A stream that was cancelled keeps the memory.
      return value as Bytes | undefined ?? new Uint8Array();
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/**
 * Returns what a stream of type `bytes` is to fill in its `pull()`. The stream
 * needs `autoAllocateChunkSize`, for readers that bring no memory of their own.
 */
export function requestOf(
  { byobRequest: request }: ReadableByteStreamController,
): { readonly request: ReadableStreamBYOBRequest; readonly view: Bytes } {
  const view = request?.view;
  if (!request || !view) throw new TypeError("Cannot pull: nobody reads");
  return { request, view };
}

class CopyingReader implements ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  async read(block: Bytes, min: number): Promise<Bytes> {
    let filled = this.#take(block, 0);
    while (filled < min) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#rest = value;
      filled += this.#take(block, filled);
    }
    return block.subarray(0, filled);
  }

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }

  #take(block: Bytes, at: number): number {
    const part = this.#rest.subarray(0, block.length - at);
    block.set(part, at);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }
}
