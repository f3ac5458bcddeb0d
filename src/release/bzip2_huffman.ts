import type { BitReader } from "./bzip2_bits.ts";
import { corrupt } from "./extract_errors.ts";

const MAX_CODE_BITS = 20;
const GROUP_SYMBOLS = 50;
const FAST_BITS = 10;

/** Reads the symbols of one block, which change their code every 50. */
export class SymbolReader {
  readonly #bits: BitReader;
  readonly #selectors: Uint8Array;
  readonly #codes: readonly HuffmanCode[];
  #code: HuffmanCode | undefined;
  #group = 0;
  #left = 0;

  /** Reads the tables that stand before the symbols; the alphabet has `symbols` of them. */
  constructor(bits: BitReader, symbols: number) {
    this.#bits = bits;
    const groups = bits.read(3);
    if (groups < 2 || groups > 6) throw damaged();
    this.#selectors = readSelectors(bits, groups);
    this.#codes = Array.from(
      { length: groups },
      () => new HuffmanCode(readLengths(bits, symbols)),
    );
  }

  next(): number {
    if (this.#left === 0) {
      const selector = this.#selectors[this.#group++];
      if (selector === undefined || this.#bits.overrun) throw damaged();
      this.#code = this.#codes[selector];
      this.#left = GROUP_SYMBOLS;
    }
    this.#left -= 1;
    if (this.#code === undefined) throw damaged();
    return this.#code.read(this.#bits);
  }
}

/** One canonical code, decoded by table up to ten bits and by search above. */
class HuffmanCode {
  /** By the next ten bits: symbol and length, `symbol << 5 | length`; zero for longer codes. */
  readonly #fast = new Uint16Array(1 << FAST_BITS);
  /** Per length, the first code that is too large for it, in twenty bits. */
  readonly #limit = new Int32Array(MAX_CODE_BITS + 2);
  /** Per length, what to subtract from a code to get its place in the order. */
  readonly #base = new Int32Array(MAX_CODE_BITS + 2);
  readonly #order: Uint16Array;

  constructor(lengths: Uint8Array) {
    this.#order = new Uint16Array(lengths.length);
    let place = 0;
    let code = 0;
    for (let length = 1; length <= MAX_CODE_BITS; length++) {
      this.#base[length] = code - place;
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        this.#order[place++] = symbol;
        this.#remember(code++, length, symbol);
      }
      this.#limit[length] = code << (MAX_CODE_BITS - length);
      code <<= 1;
    }
  }

  read(bits: BitReader): number {
    const ahead = bits.peek(MAX_CODE_BITS);
    const fast = this.#fast[ahead >> (MAX_CODE_BITS - FAST_BITS)] ?? 0;
    if (fast !== 0) {
      bits.skip(fast & 31);
      return fast >> 5;
    }
    let length = 1;
    while (length <= MAX_CODE_BITS && ahead >= (this.#limit[length] ?? 0)) {
      length += 1;
    }
    if (length > MAX_CODE_BITS) throw damaged();
    bits.skip(length);
    const place = (ahead >> (MAX_CODE_BITS - length)) -
      (this.#base[length] ?? 0);
    return this.#order[place] ?? 0;
  }

  #remember(code: number, length: number, symbol: number): void {
    if (length > FAST_BITS) return;
    const from = code << (FAST_BITS - length);
    const to = (code + 1) << (FAST_BITS - length);
    this.#fast.fill((symbol << 5) | length, from, to);
  }
}

function readSelectors(bits: BitReader, groups: number): Uint8Array {
  const count = bits.read(15);
  if (count === 0) throw damaged();
  const selectors = new Uint8Array(count);
  const recent = Array.from({ length: groups }, (_, index) => index);
  for (let at = 0; at < count; at++) {
    let place = 0;
    while (bits.read(1) === 1) {
      place += 1;
      if (place >= groups) throw damaged();
    }
    const [selector = 0] = recent.splice(place, 1);
    recent.unshift(selector);
    selectors[at] = selector;
  }
  return selectors;
}

function readLengths(bits: BitReader, symbols: number): Uint8Array {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    while (true) {
      if (length < 1 || length > MAX_CODE_BITS) throw damaged();
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return lengths;
}

/** The data cannot be what a compressor wrote. */
export function damaged(): Error {
  return corrupt("its bzip2 data is damaged or cut off");
}
