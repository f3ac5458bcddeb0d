import { type Inspector, Passage } from "./passage.ts";

/** How a client of HTTP/2 begins (RFC 9113, 3.4). */
const PREFACE_BYTES = 24;
/** Length, type, flags and stream (RFC 9113, 4.1). */
const HEADER_BYTES = 9;
const TYPE_AT = 3;
const GOAWAY = 7;
/** Of a GOAWAY: the last stream, and why (RFC 9113, 6.8). */
const REASON_AT = HEADER_BYTES + 4;
const REASON_END = REASON_AT + 4;

/**
 * Follows the frames that a client of HTTP/2 sends, and keeps those to itself
 * by which it says that it opens no more streams: the server of the platform
 * would reset the streams that are open, though the client waits for them.
 */
export class FrameFilter implements Inspector {
  /** Bytes that pass, or are dropped, before the next header of a frame. */
  #left = PREFACE_BYTES;
  #isDropped = false;
  /** The header of a frame, and of a GOAWAY its beginning. */
  #header = new Uint8Array(REASON_END);
  #headerBytes = 0;

  take(bytes: Uint8Array): readonly Uint8Array[] {
    const passage = new Passage(bytes);
    for (let at = 0; at < bytes.length;) {
      if (this.#left === 0) {
        at = this.#readHeader(passage, at);
        continue;
      }
      const count = Math.min(this.#left, bytes.length - at);
      if (this.#isDropped) passage.drop(at, at + count);
      this.#left -= count;
      at += count;
    }
    return passage.end();
  }

  /** Reads a header, or what there is of it; where it stopped. */
  #readHeader(passage: Passage, at: number): number {
    const { bytes } = passage;
    const end = at + HEADER_BYTES;
    const isPlain = this.#headerBytes === 0 && end <= bytes.length &&
      bytes[at + TYPE_AT] !== GOAWAY;
    if (isPlain) {
      this.#left = lengthOf(bytes.subarray(at, end));
      this.#isDropped = false;
      return end;
    }
    let next = at;
    while (next < bytes.length && this.#headerBytes < this.#headerLength()) {
      this.#header[this.#headerBytes++] = bytes[next++] ?? 0;
    }
    passage.drop(at, next);
    if (this.#headerBytes < this.#headerLength()) return next;
    const header = this.#header.slice(0, this.#headerBytes);
    this.#headerBytes = 0;
    this.#left = lengthOf(header) - (header.length - HEADER_BYTES);
    this.#isDropped = isFarewell(header);
    if (!this.#isDropped) passage.insert(header, next);
    return next;
  }

  /** How much must be there to decide; a GOAWAY is never shorter. */
  #headerLength(): number {
    const isKnown = this.#headerBytes >= HEADER_BYTES;
    const header = this.#header;
    return isKnown && header[TYPE_AT] === GOAWAY &&
        lengthOf(header) >= REASON_END - HEADER_BYTES
      ? REASON_END
      : HEADER_BYTES;
  }
}

function lengthOf(header: Uint8Array): number {
  const [high = 0, middle = 0, low = 0] = header;
  return high << 16 | middle << 8 | low;
}

/** Whether it is a GOAWAY without an error. */
function isFarewell(header: Uint8Array): boolean {
  return header.length === REASON_END &&
    header.subarray(REASON_AT).every((byte) => byte === 0);
}
