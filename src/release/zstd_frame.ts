import { corrupt } from "./extract_errors.ts";

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const RLE_BLOCK = 1;

/** Bytes wanted of a stream, one value at a time. */
type Bytes = Generator<void, number, Uint8Array>;

/**
 * Finds the end of one zstd frame (RFC 8878, section 3.1) without expanding it.
 * After a first `next()` it takes the chunks of the stream; when the frame ends
 * it returns how many bytes of the last chunk are no longer part of it.
 */
export function* zstdFrame(): Generator<void, number, Uint8Array> {
  const cursor = new Cursor();
  const magic = yield* cursor.number(4);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    yield* cursor.skip(yield* cursor.number(4));
    return cursor.left;
  }
  if (magic !== FRAME_MAGIC) throw corrupt("it is not zstd data");
  const descriptor = yield* cursor.number(1);
  yield* cursor.skip(headerBytes(descriptor));
  for (let last = false; !last;) {
    const block = yield* cursor.number(3);
    last = (block & 1) === 1;
    const isRle = (block >> 1 & 3) === RLE_BLOCK;
    yield* cursor.skip(isRle ? 1 : block >> 3);
  }
  const hasChecksum = (descriptor & 4) !== 0;
  yield* cursor.skip(hasChecksum ? 4 : 0);
  return cursor.left;
}

/** Returns how long the frame header is after its descriptor. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const size = sizeFlag === 0 && isSingleSegment
    ? 1
    : CONTENT_SIZE_BYTES[sizeFlag] ?? 0;
  const dictionary = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionary + size;
}

/** A place in a stream whose chunks come by `next(chunk)`. */
class Cursor {
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Bytes of the current chunk after this place. */
  get left(): number {
    return this.#chunk.length - this.#at;
  }

  /** Reads a little-endian number of at most four bytes. */
  *number(length: number): Bytes {
    let value = 0;
    for (let index = 0; index < length; index++) {
      while (this.left === 0) yield* this.#more();
      value += (this.#chunk[this.#at++] ?? 0) * 2 ** (8 * index);
    }
    return value;
  }

  *skip(length: number): Bytes {
    let missing = length;
    while (missing > this.left) {
      missing -= this.left;
      yield* this.#more();
    }
    this.#at += missing;
    return length;
  }

  *#more(): Generator<void, void, Uint8Array> {
    this.#chunk = yield;
    this.#at = 0;
  }
}
