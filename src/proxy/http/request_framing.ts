import { ChunkFraming } from "./chunk_framing.ts";
import { REFUSAL, WITH_BODY } from "./inner_method.ts";
import { type Inspector, Passage } from "./passage.ts";
import {
  firstLine,
  type HeadRefusal,
  type RefusedHead,
} from "./refused_head.ts";
import { readRequestHead, type RequestHead } from "./request_head.ts";

/** Request line and header section together, with the empty line. */
const MAX_HEAD_BYTES = 64 * 1024;
/** Characters of a request line; there must be room for 8,000 (RFC 9112, 3). */
const MAX_LINE_LENGTH = 16 * 1024;
const FIRST_HELD_BYTES = 1024;

const LF = 10;
const CR = 13;
/** What a scan returns for a line that does not end with both characters. */
const BARE = -1;
/** And for a request line that is too long. */
const LONG = -2;

const MARK = new TextEncoder().encode(WITH_BODY);
const EMPTY = new Uint8Array(0);

/**
 * Follows the requests that come over one connection, one after another, so
 * that nothing is passed on that could be framed in two ways. A head is held
 * back until it is whole, bodies are not held. In the place of what it refuses
 * comes a request that has the HTTP server say so, when it is its turn.
 */
export class RequestFraming implements Inspector {
  /** Requests that were passed on, and the one that was refused. */
  requests = 0;
  /** What came of a head that is not whole. */
  #held = EMPTY;
  #heldBytes = 0;
  /** Characters of the line that is being read. */
  #lineLength = 0;
  /** Lines of the head that were read. */
  #lines = 0;
  #wasCr = false;
  /** What is to come of a body: so many bytes, or chunks. */
  #body: number | ChunkFraming = 0;
  #state: "requests" | "opaque" | "refused" | "broken" = "requests";
  /** What was refused, once something was. */
  refused: RefusedHead | undefined;

  /** Whether the body of the last request is not what chunks are. */
  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** Something that a client could say next of the body that is on its way; nothing when there is none. */
  get filler(): string {
    if (this.#body === 0) return "";
    return typeof this.#body === "number" ? "-" : this.#body.filler();
  }

  /** The first line of a head that is not whole, as far as it came. */
  get begunLine(): string {
    return firstLine([this.#held.subarray(0, this.#heldBytes)]);
  }

  /** What follows is no HTTP any more; returns what was held back. */
  release(): Uint8Array {
    const held = this.#held.subarray(0, this.#heldBytes);
    this.#state = "opaque";
    return held;
  }

  take(bytes: Uint8Array): readonly Uint8Array[] {
    if (this.#state === "opaque") return [bytes];
    const passage = new Passage(bytes);
    let at = 0;
    while (at < bytes.length && this.#state === "requests") {
      at = this.#body === 0
        ? this.#readHead(passage, at)
        : this.#readBody(this.#body, passage, at);
    }
    if (this.#state !== "requests") passage.drop(at, bytes.length);
    return passage.end();
  }

  /** Returns where it stopped. */
  #readHead(passage: Passage, at: number): number {
    const { bytes } = passage;
    const end = this.#scan(bytes, at);
    const size = this.#heldBytes + (end ?? bytes.length) - at;
    if (end === BARE) return this.#refuse(passage, at, 400);
    if (end === LONG) return this.#refuse(passage, at, 414);
    if (size > MAX_HEAD_BYTES) return this.#refuse(passage, at, 431);
    if (end === undefined) {
      this.#hold(bytes.subarray(at));
      passage.drop(at, bytes.length);
      return bytes.length;
    }
    const isEmpty = this.#lines === 0;
    this.#lines = 0;
    if (isEmpty) {
      // It may stand before a request (RFC 9112, 2.2).
      this.#heldBytes = 0;
      passage.drop(at, end);
    } else if (this.#heldBytes === 0) {
      const head = readRequestHead(bytes, at, end);
      if (typeof head === "number") return this.#refuse(passage, at, head);
      this.#begin(head, passage, at);
    } else {
      this.#hold(bytes.subarray(at, end));
      passage.drop(at, end);
      const held = this.#held.subarray(0, this.#heldBytes);
      const head = readRequestHead(held, 0, held.length);
      if (typeof head === "number") return this.#refuse(passage, end, head);
      const whole = new Passage(held);
      this.#begin(head, whole, 0);
      for (const piece of whole.end()) passage.insert(piece, end);
      this.#held = EMPTY;
      this.#heldBytes = 0;
    }
    return end;
  }

  #begin(head: RequestHead, passage: Passage, at: number): void {
    const { body, isHidden, dropped } = head;
    this.requests++;
    this.#body = body === "chunked" ? new ChunkFraming() : body;
    if (isHidden && body !== 0) passage.insert(MARK, at);
    for (const [from, to] of dropped ?? []) passage.drop(from, to);
  }

  /** Refuses the head that ends, or goes wrong, behind `at`; what was held of it comes before. */
  #refuse(passage: Passage, at: number, status: HeadRefusal): number {
    this.requests++;
    this.#state = "refused";
    const held = this.#held.subarray(0, this.#heldBytes);
    const line = firstLine([held, passage.bytes.subarray(at)]);
    this.refused = { status, line };
    this.#held = EMPTY;
    this.#heldBytes = 0;
    passage.insert(REFUSAL, at);
    return at;
  }

  #readBody(
    body: number | ChunkFraming,
    { bytes }: Passage,
    at: number,
  ): number {
    if (typeof body === "number") {
      const count = Math.min(body, bytes.length - at);
      this.#body = body - count;
      return at + count;
    }
    const end = body.read(bytes, at);
    if (end === undefined) this.#state = "broken";
    else if (body.isOver) this.#body = 0;
    return end ?? at;
  }

  /**
   * Looks for the empty line that ends a head.
   *
   * @returns Where the head ends; `undefined` when that is not yet there.
   */
  #scan(bytes: Uint8Array, at: number): number | undefined {
    let wasCr = this.#wasCr;
    let length = this.#lineLength;
    for (let next = at; next < bytes.length; next++) {
      const byte = bytes[next];
      if (byte === LF) {
        if (!wasCr) return BARE;
        wasCr = false;
        if (length === 0) {
          this.#wasCr = false;
          this.#lineLength = 0;
          return next + 1;
        }
        if (this.#isTooLong(length)) return LONG;
        this.#lines++;
        length = 0;
      } else if (wasCr) return BARE;
      else if (byte === CR) wasCr = true;
      else length++;
    }
    this.#wasCr = wasCr;
    this.#lineLength = length;
    return this.#isTooLong(length) ? LONG : undefined;
  }

  /** Whether the line that is being read is the first one, and longer than that may be. */
  #isTooLong(length: number): boolean {
    return this.#lines === 0 && length > MAX_LINE_LENGTH;
  }

  #hold(bytes: Uint8Array): void {
    const size = this.#heldBytes + bytes.length;
    if (size > this.#held.length) {
      const longer = new Uint8Array(Math.max(size * 2, FIRST_HELD_BYTES));
      longer.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = longer;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = size;
  }
}
