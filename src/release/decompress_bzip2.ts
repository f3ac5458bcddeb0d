import { BitReader } from "./bzip2_bits.ts";
import { addBlockCrc, BlockDecoder } from "./bzip2_block.ts";
import { damaged } from "./bzip2_huffman.ts";
import type { ByteSource } from "./byte_source.ts";
import { corrupt } from "./extract_errors.ts";

/** More than the largest block takes: 900,000 symbols of 20 bits, 32,767 selectors and the tables. */
const MAX_BLOCK_INPUT = 2_400_000;
const LEVEL_BYTES = 100_000;
const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;

/**
 * Expands a bzip2 file, its streams one after the other. As `bzip2` does, it
 * passes over what follows them.
 */
export async function* bunzip2(source: ByteSource): ByteSource {
  const input = new Window(source);
  if (!await input.fill(1)) throw corrupt("it is empty");
  let blockBytes = await streamHeader(input);
  if (blockBytes === undefined) throw corrupt("it is not bzip2 data");
  while (blockBytes !== undefined) {
    yield* oneStream(input, new BlockDecoder(blockBytes));
    blockBytes = await streamHeader(input);
  }
}

/** Takes the head of a stream, if there is one, and returns the size of its blocks. */
async function streamHeader(input: Window): Promise<number | undefined> {
  await input.fill(4);
  const [first, second, third, level = 0] = input.bytes;
  if (first !== 0x42 || second !== 0x5a || third !== 0x68) return undefined;
  const size = level - 0x30;
  if (size < 1 || size > 9) return undefined;
  input.drop(4);
  return size * LEVEL_BYTES;
}

async function* oneStream(input: Window, decoder: BlockDecoder): ByteSource {
  let crc = 0;
  for (let offset = 0;;) {
    await input.fill(MAX_BLOCK_INPUT);
    const bits = new BitReader(input.bytes, offset);
    const magic = bits.read(24) * 2 ** 24 + bits.read(24);
    if (magic === END_MAGIC) {
      if (bits.readInt32() !== crc || bits.overrun) throw damaged();
      input.drop(Math.ceil(bits.taken / 8));
      return;
    }
    if (magic !== BLOCK_MAGIC) throw damaged();
    crc = addBlockCrc(crc, decoder.read(bits));
    input.drop(bits.taken >> 3);
    offset = bits.taken & 7;
    yield* decoder.expand();
  }
}

/** The next bytes of a stream, as one piece that is as long as asked for. */
class Window {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** What was filled and not dropped; valid until the next {@link fill}. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Reads until there are `length` bytes; returns whether the stream had as many. */
  async fill(length: number): Promise<boolean> {
    while (this.#end - this.#start < length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#append(value);
    }
    return true;
  }

  drop(length: number): void {
    this.#start += length;
  }

  #append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #makeRoom(chunk: Uint8Array): void {
    const kept = this.bytes;
    const needed = kept.length + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(needed * 2);
      larger.set(kept);
      this.#buffer = larger;
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#end = kept.length;
    this.#start = 0;
  }
}
