import type { BitReader } from "./bzip2_bits.ts";
import { damaged, SymbolReader } from "./bzip2_huffman.ts";
import { CHUNK_BYTES } from "./byte_source.ts";

const RUN_A = 0;
const RUN_B = 1;
/** After four equal bytes comes the count of further ones. */
const RUN_BYTES = 4;
const CRC_TABLE = crcTable();

/**
 * Decodes blocks of at most `blockBytes`, one after the other, reusing its
 * memory of five bytes for each of them.
 */
export class BlockDecoder {
  /** In the low byte the block's last column, above it the place of the row that follows. */
  readonly #rows: Uint32Array;
  #length = 0;
  #origin = 0;
  #crc = 0;

  constructor(blockBytes: number) {
    this.#rows = new Uint32Array(blockBytes);
  }

  /**
   * Reads one block, after its magic number, and returns its checksum, which
   * {@link expand} verifies.
   *
   * @throws {ArtifactError} `corrupt` when it is damaged or runs past the end.
   */
  read(bits: BitReader): number {
    this.#crc = bits.readInt32();
    // Blocks scrambled against the weakness of an early sorter are not written since 1997.
    if (bits.read(1) === 1) throw damaged();
    this.#origin = bits.read(24);
    this.#readColumn(bits, readAlphabet(bits));
    if (bits.overrun || this.#origin >= this.#length) throw damaged();
    this.#chainRows();
    return this.#crc;
  }

  /** Undoes the runs of the block that was read; gives its bytes in chunks of their own. */
  *expand(): Generator<Uint8Array> {
    const rows = this.#rows;
    let row = (rows[this.#origin] ?? 0) >>> 8;
    let last = -1;
    let run = 0;
    let crc = -1;
    let out = new Uint8Array(CHUNK_BYTES);
    let fill = 0;
    for (let left = this.#length; left > 0; left--) {
      const next = rows[row] ?? 0;
      const byte = next & 0xff;
      row = next >>> 8;
      const isCount = run === RUN_BYTES;
      const copies = isCount ? byte : 1;
      const value = isCount ? last : byte;
      run = isCount ? 0 : byte === last ? run + 1 : 1;
      last = isCount ? -1 : byte;
      if (fill + copies > CHUNK_BYTES) {
        yield out.subarray(0, fill);
        out = new Uint8Array(CHUNK_BYTES);
        fill = 0;
      }
      for (const end = fill + copies; fill < end; fill++) {
        out[fill] = value;
        crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ value] ?? 0);
      }
    }
    if (~crc !== this.#crc) throw damaged();
    yield out.subarray(0, fill);
  }

  /** Undoes Huffman, move-to-front and run coding: the last column of the sorted block. */
  #readColumn(bits: BitReader, recent: Uint8Array): void {
    const rows = this.#rows;
    const endOfBlock = recent.length + 1;
    const symbols = new SymbolReader(bits, recent.length + 2);
    let length = 0;
    let runLength = 0;
    let runUnit = 1;
    while (true) {
      const symbol = symbols.next();
      if (symbol === RUN_A || symbol === RUN_B) {
        runLength += runUnit << symbol;
        runUnit <<= 1;
        if (runLength > rows.length) throw damaged();
        continue;
      }
      if (runLength > 0) {
        if (length + runLength > rows.length) throw damaged();
        rows.fill(recent[0] ?? 0, length, length += runLength);
        runLength = 0;
        runUnit = 1;
      }
      if (symbol === endOfBlock) break;
      if (length >= rows.length) throw damaged();
      rows[length++] = moveToFront(recent, symbol - 1);
    }
    this.#length = length;
  }

  /** Links each row to the one that follows it in the unsorted block. */
  #chainRows(): void {
    const rows = this.#rows;
    const starts = new Uint32Array(257);
    for (let at = 0; at < this.#length; at++) {
      const next = ((rows[at] ?? 0) & 0xff) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let byte = 1; byte < 257; byte++) {
      starts[byte] = (starts[byte] ?? 0) + (starts[byte - 1] ?? 0);
    }
    for (let at = 0; at < this.#length; at++) {
      const byte = (rows[at] ?? 0) & 0xff;
      const place = starts[byte] ?? 0;
      starts[byte] = place + 1;
      rows[place] = ((rows[place] ?? 0) & 0xff) | (at << 8);
    }
  }
}

/** Adds the checksum of a block to that of its stream. */
export function addBlockCrc(stream: number, block: number): number {
  return ((stream << 1) | (stream >>> 31)) ^ block;
}

/** Reads which bytes occur: sixteen bits for the ranges, then sixteen for each range that has any. */
function readAlphabet(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const present = bits.read(16);
    for (let index = 0; index < 16; index++) {
      if ((present & (0x8000 >> index)) !== 0) used.push(range * 16 + index);
    }
  }
  if (used.length === 0) throw damaged();
  return Uint8Array.from(used);
}

function moveToFront(recent: Uint8Array, place: number): number {
  const byte = recent[place] ?? 0;
  if (place < 16) {
    for (let at = place; at > 0; at--) recent[at] = recent[at - 1] ?? 0;
  } else {
    recent.copyWithin(1, 0, place);
  }
  recent[0] = byte;
  return byte;
}

function crcTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, index) => {
    let crc = index << 24;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    }
    return crc;
  });
}
