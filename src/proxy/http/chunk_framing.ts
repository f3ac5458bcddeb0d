import { isToken, isValue } from "./field_bytes.ts";

const HTAB = 9;
const LF = 10;
const CR = 13;
const SP = 32;
const COLON = 58;
const SEMICOLON = 59;
const ZERO = 48;
const CASE = 0x20;
const LETTER_A = 97;
/** Digits of a size, leading zeros included; what they say is exact as a number. */
const MAX_DIGITS = 13;
/** Characters of the extensions of one chunk. */
const MAX_EXTENSION = 1024;
/** Characters of the trailer section. */
const MAX_TRAILERS = 16 * 1024;

const LINE_END = "\r\n";
const CHUNK = "1\r\n-\r\n";

/** What comes next. */
type Expected =
  | "size"
  | "size or its end"
  | "semicolon"
  | "extension"
  | "end of the size line"
  | "data"
  | "end of data"
  | "end of the line of data"
  | "trailer or the end"
  | "name of a trailer"
  | "value of a trailer"
  | "end of a trailer"
  | "last byte";

/** How a trailer section ends from there. */
const TRAILER_ENDS = {
  "trailer or the end": LINE_END,
  "name of a trailer": `:${LINE_END}${LINE_END}`,
  "value of a trailer": `${LINE_END}${LINE_END}`,
  "end of a trailer": `\n${LINE_END}`,
  "last byte": "\n",
} as const;

/**
 * Follows a body in chunks (RFC 9112, 7.1) from byte to byte. Of extensions it
 * reads no more than that there is no control character in them.
 */
export class ChunkFraming {
  #expected: Expected = "size";
  #digits = 0;
  /** Bytes of the chunk that are to come, or what its size says so far. */
  #left = 0;
  /** Characters of the extension or the trailers. */
  #length = 0;
  #isOver = false;

  /** Whether the body has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What could come next, with a byte of data or the end of the body in it. */
  filler(): string {
    const afterSize = this.#left > 0 ? "-" : LINE_END;
    switch (this.#expected) {
      case "size":
        return CHUNK;
      case "semicolon":
        return `;${LINE_END}${afterSize}`;
      case "size or its end":
      case "extension":
        return `${LINE_END}${afterSize}`;
      case "end of the size line":
        return `\n${afterSize}`;
      case "data":
        return "-";
      case "end of data":
        return `${LINE_END}${CHUNK}`;
      case "end of the line of data":
        return `\n${CHUNK}`;
      default:
        return TRAILER_ENDS[this.#expected];
    }
  }

  /**
   * Reads on from `at`, to the end of the body or of `bytes`.
   *
   * @returns Where it stopped; `undefined` when it is not what chunks are.
   */
  read(bytes: Uint8Array, at: number): number | undefined {
    for (let next = at; next < bytes.length;) {
      if (this.#expected === "data") {
        const count = Math.min(this.#left, bytes.length - next);
        this.#left -= count;
        next += count;
        if (this.#left === 0) this.#expected = "end of data";
        continue;
      }
      if (!this.#step(bytes[next] ?? 0)) return undefined;
      next++;
      if (this.#isOver) return next;
    }
    return bytes.length;
  }

  /** Takes one byte of framing; whether it may be there. */
  #step(byte: number): boolean {
    switch (this.#expected) {
      case "size":
        return this.#digit(byte);
      case "size or its end":
        return this.#digit(byte) || this.#afterSize(byte);
      case "semicolon":
        return byte === SEMICOLON
          ? this.#expect("extension")
          : isBlank(byte) && ++this.#length <= MAX_EXTENSION;
      case "extension":
        if (byte === CR) return this.#expect("end of the size line");
        return isValue(byte) && ++this.#length <= MAX_EXTENSION;
      case "end of the size line":
        return byte === LF &&
          this.#expect(this.#left > 0 ? "data" : "trailer or the end");
      case "end of data":
        return byte === CR && this.#expect("end of the line of data");
      case "end of the line of data":
        return byte === LF && this.#expect("size");
      default:
        return this.#trailer(byte);
    }
  }

  #trailer(byte: number): boolean {
    if (++this.#length > MAX_TRAILERS) return false;
    switch (this.#expected) {
      case "trailer or the end":
        if (byte === CR) return this.#expect("last byte");
        return isToken(byte) && this.#expect("name of a trailer");
      case "name of a trailer":
        if (byte === COLON) return this.#expect("value of a trailer");
        return isToken(byte);
      case "value of a trailer":
        if (byte === CR) return this.#expect("end of a trailer");
        return isValue(byte);
      case "end of a trailer":
        return byte === LF && this.#expect("trailer or the end");
      default:
        return this.#isOver = byte === LF;
    }
  }

  #digit(byte: number): boolean {
    const digit = digitOf(byte);
    if (digit < 0 || ++this.#digits > MAX_DIGITS) return false;
    this.#left = this.#left * 16 + digit;
    return this.#expect("size or its end");
  }

  #afterSize(byte: number): boolean {
    if (this.#digits > MAX_DIGITS) return false;
    this.#digits = 0;
    this.#length = 0;
    if (byte === CR) return this.#expect("end of the size line");
    if (byte === SEMICOLON) return this.#expect("extension");
    return isBlank(byte) && this.#expect("semicolon");
  }

  #expect(expected: Expected): boolean {
    this.#expected = expected;
    return true;
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** The value of a hexadecimal digit, -1 for anything else. */
function digitOf(byte: number): number {
  const decimal = byte - ZERO;
  if (decimal >= 0 && decimal <= 9) return decimal;
  const letter = (byte | CASE) - LETTER_A;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
