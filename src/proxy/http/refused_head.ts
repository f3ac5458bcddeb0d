import { Buffer } from "node:buffer";

/**
 * How a head is refused: it cannot be read in one way only, its method is not
 * for proxies like this one, its first line is too long, or all of it.
 */
export type HeadRefusal = 400 | 405 | 414 | 431;

/** A head that is not passed on. */
export interface RefusedHead {
  readonly status: HeadRefusal;
  /** What stands in the place of its first line, one character for each byte. */
  readonly line: string;
}

/** As much as is kept of the line. */
const MAX_LINE = 8 * 1024;
const LINE_END = /[\r\n]/;

/** Returns what comes before the first end of a line, of whatever kind. */
export function firstLine(pieces: readonly Uint8Array[]): string {
  const text = Buffer.concat(pieces.map((piece) => piece.subarray(0, MAX_LINE)))
    .toString("latin1", 0, MAX_LINE);
  const end = text.search(LINE_END);
  return end < 0 ? text : text.slice(0, end);
}
