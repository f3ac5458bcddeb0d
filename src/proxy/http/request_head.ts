import { isTarget, isToken, isValue } from "./field_bytes.ts";
import { INNER_PREFIX } from "./inner_method.ts";
import type { HeadRefusal } from "./refused_head.ts";

/** What the head of a request says of its body. */
export interface RequestHead {
  /** Its length, or that it comes in chunks; 0 for none. */
  readonly body: number | "chunked";
  /** Whether the HTTP server hides the body of such a request. */
  readonly isHidden: boolean;
  /** Lines that the HTTP server must not see, if there are any. */
  readonly dropped?: readonly Line[];
}

/** Where a line begins, and where the next one does. */
type Line = readonly [from: number, to: number];

const NOWHERE: Line = [0, 0];

const HTAB = 9;
const LF = 10;
const CR = 13;
const SP = 32;
const STAR = 42;
const SLASH = 47;
const COLON = 58;
const ZERO = 48;
/** What sets capitals and small letters apart. */
const CASE = 0x20;

const VERSION = codes("HTTP/1.");
const GET = codes("GET");
const CONNECT = codes("CONNECT");
const OPTIONS = codes("OPTIONS");
const ABSOLUTE = codes("://");
const INNER = codes(INNER_PREFIX);
const HOST = codes("host");
const LENGTH = codes("content-length");
const CODING = codes("transfer-encoding");
const CHUNKED = codes("chunked");
const UPGRADE = codes("upgrade");
/** Lines of one header section. */
export const MAX_HEADERS = 128;
/** Digits of a length that a number has exactly. */
const MAX_DIGITS = 15;

/** One head, as far as it was read. */
interface Reading {
  readonly bytes: Uint8Array;
  at: number;
  hosts: number;
  /** `undefined` until it is said. */
  length: number | undefined;
  lengthLine: Line;
  isChunked: boolean;
  /** Lines that ask for another protocol. */
  upgrades?: Line[];
}

/**
 * Reads a head whose lines all end with CR LF, the last one empty; it is
 * `bytes` from `start` to `end`. It takes nothing that RFC 9112 does not
 * allow, and nothing that two readers could frame in two ways.
 *
 * @returns The status that refuses what must not be passed on.
 */
export function readRequestHead(
  bytes: Uint8Array,
  start: number,
  end: number,
): RequestHead | HeadRefusal {
  // The HTTP server takes what its head says is a body for further requests.
  if (isExactly(bytes, start, CONNECT)) return 405;
  const reading: Reading = {
    bytes,
    at: start,
    hosts: 0,
    length: undefined,
    lengthLine: NOWHERE,
    isChunked: false,
  };
  const isHidden = isExactly(bytes, start, GET);
  const minor = readRequestLine(reading);
  if (minor === undefined) return 400;
  for (let headers = 0; reading.at < end - 2; headers++) {
    if (headers === MAX_HEADERS) return 431;
    if (!readField(reading)) return 400;
  }
  const { hosts, length, isChunked, upgrades } = reading;
  if (hosts !== 1 && !(hosts === 0 && minor === 0)) return 400;
  // HTTP/1.0 knows no chunks (RFC 9112, 6.1).
  if (isChunked && (length !== undefined || minor === 0)) return 400;
  const body = isChunked ? "chunked" : length ?? 0;
  if (upgrades === undefined || !isChunked && length === undefined) {
    return { body, isHidden };
  }
  // The server refuses a request with both; who offers a protocol may be ignored (RFC 9110, 7.8).
  const isBodiless = isHidden && body === 0;
  const dropped = isBodiless ? [reading.lengthLine] : upgrades;
  return { body, isHidden, dropped };
}

/** Reads the first line; the minor version, which is 0 or 1. */
function readRequestLine(reading: Reading): number | undefined {
  const { bytes } = reading;
  const start = reading.at;
  let at = start;
  while (isToken(bytes[at])) at++;
  if (at === start || bytes[at] !== SP) return undefined;
  if (startsWith(bytes, start, INNER)) return undefined;
  const target = ++at;
  while (isTarget(bytes[at])) at++;
  if (bytes[at] !== SP || !isForm(bytes, target, at, start)) return undefined;
  if (!startsWith(bytes, ++at, VERSION)) return undefined;
  at += VERSION.length;
  const minor = (bytes[at] ?? 0) - ZERO;
  if (minor !== 0 && minor !== 1 || bytes[at + 1] !== CR) return undefined;
  reading.at = at + 3;
  return minor;
}

/** Whether a target is in origin, absolute or asterisk form (RFC 9112, 3.2). */
function isForm(
  bytes: Uint8Array,
  from: number,
  to: number,
  line: number,
): boolean {
  if (bytes[from] === SLASH) return true;
  if (bytes[from] === STAR && to === from + 1) {
    return isExactly(bytes, line, OPTIONS);
  }
  let at = from;
  while (at < to && bytes[at] !== COLON) at++;
  return at > from && startsWith(bytes, at, ABSOLUTE);
}

/** Reads a line of the header section; whether it is one. */
function readField(reading: Reading): boolean {
  const { bytes } = reading;
  const start = reading.at;
  let at = start;
  while (isToken(bytes[at])) at++;
  // A blank at the beginning is a fold, one before the colon a trap.
  if (at === start || bytes[at] !== COLON) return false;
  const nameLength = at - start;
  const value = ++at;
  while (isValue(bytes[at])) at++;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) return false;
  reading.at = at + 2;
  switch (nameLength) {
    case HOST.length:
      if (isAnyCase(bytes, start, HOST)) reading.hosts++;
      return true;
    case UPGRADE.length:
      if (isAnyCase(bytes, start, UPGRADE)) {
        (reading.upgrades ??= []).push([start, reading.at]);
      }
      return true;
    case LENGTH.length:
      if (!isAnyCase(bytes, start, LENGTH)) return true;
      reading.lengthLine = [start, reading.at];
      return readLength(reading, value, at);
    case CODING.length:
      return !isAnyCase(bytes, start, CODING) || readCoding(reading, value, at);
    default:
      return true;
  }
}

/** Reads a value of Content-Length; whether it is one, and the only one. */
function readLength(reading: Reading, from: number, to: number): boolean {
  const { bytes } = reading;
  const start = skipBlanks(bytes, from, to);
  const end = dropBlanks(bytes, start, to);
  const isOne = reading.length === undefined && end > start &&
    end - start <= MAX_DIGITS;
  if (!isOne) return false;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return false;
    length = length * 10 + digit;
  }
  reading.length = length;
  return true;
}

/** Reads a value of Transfer-Encoding; whether it is the one that is known, said once. */
function readCoding(reading: Reading, from: number, to: number): boolean {
  const { bytes } = reading;
  const start = skipBlanks(bytes, from, to);
  const end = dropBlanks(bytes, start, to);
  const isOne = !reading.isChunked && end - start === CHUNKED.length &&
    isAnyCase(bytes, start, CHUNKED);
  reading.isChunked = true;
  return isOne;
}

function skipBlanks(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isBlank(bytes[at])) at++;
  return at;
}

function dropBlanks(bytes: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && isBlank(bytes[at - 1])) at--;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SP || byte === HTAB;
}

/** Whether the method is this one, and no longer one. */
function isExactly(
  bytes: Uint8Array,
  at: number,
  method: Uint8Array,
): boolean {
  return bytes[at + method.length] === SP && startsWith(bytes, at, method);
}

function startsWith(
  bytes: Uint8Array,
  at: number,
  expected: Uint8Array,
): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}

/** Compares letters, digits and hyphens with an expected name in small letters. */
function isAnyCase(
  bytes: Uint8Array,
  at: number,
  expected: Uint8Array,
): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (((bytes[at + index] ?? 0) | CASE) !== expected[index]) return false;
  }
  return true;
}

function codes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
