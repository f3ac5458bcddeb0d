import { OpenStreams } from "./open_streams.ts";
import { type Inspector, Passage } from "./passage.ts";
import { markFrame } from "./stream_mark.ts";

/** How a client of HTTP/2 begins (RFC 9113, 3.4). */
const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** Length, type, flags and stream (RFC 9113, 4.1). */
const HEADER_BYTES = 9;
const TYPE_AT = 3;
const FLAGS_AT = 4;
const STREAM_AT = 5;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const GOAWAY = 7;
const CONTINUATION = 9;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
/** Of a GOAWAY: the last stream, and why (RFC 9113, 6.8). */
const REASON_AT = HEADER_BYTES + 4;
const REASON_END = REASON_AT + 4;

/**
 * Follows the frames that a client of HTTP/2 sends. It keeps those to itself
 * by which the client says that it opens no more streams: the server of the
 * platform would reset the streams that are open, though the client waits for
 * them. And it marks requests that may have a body, which the server does not
 * tell of every one.
 */
export class FrameFilter implements Inspector {
  /** What is known of bodies. */
  readonly streams = new OpenStreams();
  /** Bytes of the preface that came. */
  #begun = 0;
  #isBroken = false;
  /** Bytes that pass, or are dropped, before the next header of a frame. */
  #left = 0;
  #isDropped = false;
  /** The header of a frame, and of a GOAWAY its beginning. */
  #header = new Uint8Array(REASON_END);
  #headerBytes = 0;
  /** The stream whose head is on its way and will be marked. */
  #unmarked = 0;
  /** The stream whose head is marked behind this frame. */
  #marked = 0;

  /** Whether it is no HTTP/2: the server would take it for HTTP/1.1, and nobody has read that. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  take(bytes: Uint8Array): readonly Uint8Array[] {
    const passage = new Passage(bytes);
    let at = this.#readPreface(bytes);
    while (at < bytes.length && !this.#isBroken) {
      if (this.#left === 0) {
        at = this.#readHeader(passage, at);
      } else {
        const count = Math.min(this.#left, bytes.length - at);
        if (this.#isDropped) passage.drop(at, at + count);
        this.#left -= count;
        at += count;
      }
      if (this.#left === 0 && this.#marked !== 0) this.#mark(passage, at);
    }
    if (this.#isBroken) passage.drop(0, bytes.length);
    return passage.end();
  }

  /** Returns where it ends. */
  #readPreface(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && this.#begun < PREFACE.length) {
      if (bytes[at++] !== PREFACE[this.#begun++]) this.#isBroken = true;
    }
    return at;
  }

  /** Reads a header, or what there is of it; where it stopped. */
  #readHeader(passage: Passage, at: number): number {
    const { bytes } = passage;
    const end = at + HEADER_BYTES;
    if (this.#headerBytes === 0 && end <= bytes.length) {
      const header = bytes.subarray(at, end);
      if (!mayBeChanged(header)) {
        this.#left = lengthOf(header);
        this.#isDropped = false;
        this.#note(header);
        return end;
      }
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
    this.#note(header);
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

  /** Notes what a frame says of its stream; the head that is to be marked does not end with it any more. */
  #note(header: Uint8Array): void {
    const stream = streamOf(header);
    const flags = header[FLAGS_AT] ?? 0;
    const isLast = (flags & END_STREAM) !== 0;
    switch (header[TYPE_AT]) {
      case DATA:
        if (lengthOf(header) > 0) this.streams.filled(stream);
        if (isLast) this.streams.ended(stream);
        break;
      case HEADERS:
        this.#unmarked = isLast ? 0 : stream;
        if (isLast) this.streams.ended(stream);
        else this.streams.opened(stream);
        this.#keepOpen(header, flags);
        break;
      case CONTINUATION:
        this.#keepOpen(header, flags);
        break;
      case RST_STREAM:
        this.streams.ended(stream);
        break;
    }
  }

  #keepOpen(header: Uint8Array, flags: number): void {
    if (this.#unmarked === 0 || (flags & END_HEADERS) === 0) return;
    header[FLAGS_AT] = flags & ~END_HEADERS;
    this.#marked = this.#unmarked;
    this.#unmarked = 0;
  }

  #mark(passage: Passage, at: number): void {
    passage.insert(markFrame(this.#marked), at);
    this.#marked = 0;
  }
}

function mayBeChanged(header: Uint8Array): boolean {
  const type = header[TYPE_AT];
  return type === GOAWAY || type === HEADERS || type === CONTINUATION;
}

function lengthOf(header: Uint8Array): number {
  const [high = 0, middle = 0, low = 0] = header;
  return high << 16 | middle << 8 | low;
}

/** The first bit is reserved. */
function streamOf(header: Uint8Array): number {
  const [high = 0, b = 0, c = 0, low = 0] = header.subarray(STREAM_AT);
  return (high & 0x7f) << 24 | b << 16 | c << 8 | low;
}

/** Whether it is a GOAWAY without an error. */
function isFarewell(header: Uint8Array): boolean {
  return header.length === REASON_END &&
    header.subarray(REASON_AT).every((byte) => byte === 0);
}
