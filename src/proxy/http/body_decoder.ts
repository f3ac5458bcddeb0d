import type { Buffer } from "node:buffer";
import { BackendFault } from "./fault.ts";
import type { ByteInput } from "./byte_input.ts";
import type { BodyFraming } from "./response_head.ts";

/** Longest line that says the size of a chunk, with what extensions there are. */
const MAX_SIZE_LINE = 4 * 1024;
const MAX_TRAILERS = 64 * 1024;
const SIZE_LINE = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/;

/** Takes a body out of the bytes of a connection, piece by piece. */
export interface BodyDecoder {
  /** The next bytes, or `undefined` at the end of the body. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The whole body when all of it has arrived already; otherwise nothing is taken. */
  arrived(): Uint8Array<ArrayBuffer> | undefined;
}

/** Returns what finds the end of a body of this framing. */
export function decoderOf(
  framing: Exclude<BodyFraming, { kind: "none" }>,
  input: ByteInput,
): BodyDecoder {
  switch (framing.kind) {
    case "length":
      return new LengthDecoder(input, framing.bytes);
    case "chunked":
      return new ChunkedDecoder(input);
    case "until-close":
      return {
        next: () => input.takeSome(Infinity),
        arrived: () => undefined,
      };
    default:
      return framing satisfies never;
  }
}

class LengthDecoder implements BodyDecoder {
  #input: ByteInput;
  #left: number;

  constructor(input: ByteInput, bytes: number) {
    this.#input = input;
    this.#left = bytes;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#left === 0) return undefined;
    const bytes = await this.#input.takeSome(this.#left);
    if (bytes === undefined) {
      throw cutOff(`${this.#left} bytes before the end of the body`);
    }
    this.#left -= bytes.length;
    return bytes;
  }

  arrived(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#input.buffered < this.#left) return undefined;
    const bytes = this.#input.takeNow(this.#left);
    this.#left = 0;
    return bytes;
  }
}

/** Chunked transfer coding (RFC 9112, 7.1); extensions and trailers are dropped. */
class ChunkedDecoder implements BodyDecoder {
  #input: ByteInput;
  /** Bytes of the current chunk that are still to come. */
  #left = 0;
  #isFirst = true;
  #isOver = false;

  constructor(input: ByteInput) {
    this.#input = input;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#isOver) return undefined;
    if (this.#left === 0) {
      if (!this.#isFirst) await this.#expectBreak();
      this.#isFirst = false;
      this.#left = sizeOf(await this.#line(MAX_SIZE_LINE));
      if (this.#left === 0) {
        await this.#dropTrailers();
        this.#isOver = true;
        return undefined;
      }
    }
    const bytes = await this.#input.takeSome(this.#left);
    if (bytes === undefined) throw cutOff("within a chunk");
    this.#left -= bytes.length;
    return bytes;
  }

  arrived(): Uint8Array<ArrayBuffer> | undefined {
    const { peek } = this.#input;
    const whole = decodeWhole(peek);
    if (whole === undefined) return undefined;
    this.#input.skip(whole.wireBytes);
    this.#isOver = true;
    return whole.body;
  }

  async #expectBreak(): Promise<void> {
    if (await this.#line(0) !== "") throw invalid("a chunk has the wrong size");
  }

  async #dropTrailers(): Promise<void> {
    let left = MAX_TRAILERS;
    for (;;) {
      const line = await this.#line(left);
      if (line === "") return;
      left -= line.length + 2;
    }
  }

  async #line(longest: number): Promise<string> {
    const line = await this.#input.takeLine(longest);
    if (line === undefined) throw cutOff("within the framing of a chunk");
    return line;
  }
}

/** Decodes a short body that has arrived with all its framing, as most do. */
function decodeWhole(
  wire: Buffer,
):
  | { readonly body: Uint8Array<ArrayBuffer>; readonly wireBytes: number }
  | undefined {
  // Without the last chunk in its plainest form it is read piece by piece.
  if (
    wire.length < 5 || wire.toString("latin1", wire.length - 5) !== "0\r\n\r\n"
  ) return undefined;
  const body = new Uint8Array(wire.length);
  let length = 0;
  for (let at = 0;;) {
    const lineEnd = wire.indexOf("\r\n", at);
    const size = sizeOf(wire.toString("latin1", at, lineEnd));
    const start = lineEnd + 2;
    const end = start + size;
    if (size === 0) {
      return start + 2 === wire.length
        ? { body: body.subarray(0, length), wireBytes: wire.length }
        : undefined;
    }
    if (end + 2 > wire.length - 5) return undefined;
    body.set(wire.subarray(start, end), length);
    length += size;
    if (wire.toString("latin1", end, end + 2) !== "\r\n") return undefined;
    at = end + 2;
  }
}

function sizeOf(line: string): number {
  const digits = SIZE_LINE.exec(line)?.[1];
  if (digits === undefined) {
    throw invalid(`"${line.slice(0, 20)}" is no size of a chunk`);
  }
  return Number.parseInt(digits, 16);
}

function cutOff(where: string): BackendFault {
  return new BackendFault(
    "backend-closed",
    `The backend closed the connection ${where}`,
  );
}

function invalid(why: string): BackendFault {
  return new BackendFault("backend-invalid", `The body is not HTTP: ${why}`);
}
