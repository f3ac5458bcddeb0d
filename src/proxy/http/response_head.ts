import { BackendFault } from "./fault.ts";

/** How the end of a body is found (RFC 9112, 6.3). */
export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

/** Status line and header section of an answer, what belongs to one hop taken out. */
export interface ResponseHead {
  readonly status: number;
  /** Name and value in the order of the wire; names in lower case. */
  readonly headers: [string, string][];
  readonly framing: BodyFraming;
  /** Whether the backend takes another request on this connection. */
  readonly keepsAlive: boolean;
  /** How long the backend says it keeps an idle connection, seconds. */
  readonly keepAliveSeconds: number | undefined;
}

/** What a header section may hold, so that no backend can fill the memory. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** Headers that are for one hop only (RFC 9110, 7.6.1, and RFC 2616, 13.5.1). */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
const LENGTH = /^\d{1,15}$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Characters that no line of a head may have; the HTTP server panics when it has to write one. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

interface Section {
  readonly headers: [string, string][];
  length: string | undefined;
  coding: string | undefined;
  connection: string | undefined;
  keepAlive: string | undefined;
}

/**
 * Reads the head of an answer. It is strict: what two readers could take for
 * different things is refused, not guessed.
 *
 * @param text The bytes before the empty line, one character for each.
 * @param method Of the request; the answer to HEAD has no body.
 * @throws {BackendFault} When it is not HTTP/1, or its framing is ambiguous.
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  const lines = text.split("\r\n");
  const [first = ""] = lines;
  const match = STATUS_LINE.exec(first);
  if (match === null || CONTROL.test(first)) {
    throw invalid(`"${first.slice(0, 40)}" is no status line`);
  }
  const status = Number(match[2]);
  const section = readFields(lines);
  if (section.connection !== undefined) dropNamed(section);
  if (status === 204) dropLength(section);
  const isHttp10 = match[1] === "0";
  const framing = framingOf(section, status, method, isHttp10);
  return {
    status,
    headers: section.headers,
    framing,
    keepsAlive: framing.kind !== "until-close" &&
      !mayHaveUnsaidBody(section, status) && staysOpen(section, isHttp10),
    keepAliveSeconds: keepAliveOf(section.keepAlive),
  };
}

function readFields(lines: readonly string[]): Section {
  const section: Section = {
    headers: [],
    length: undefined,
    coding: undefined,
    connection: undefined,
    keepAlive: undefined,
  };
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    // A fold starts with a blank, which is in no name.
    if (colon < 1 || !NAME.test(name) || CONTROL.test(line)) {
      throw invalid(`"${line.slice(0, 40)}" is no header`);
    }
    takeField(section, name.toLowerCase(), trimBlanks(line, colon + 1));
  }
  return section;
}

/** What follows `from`, without spaces and tabs around; other blanks may be parts of characters of UTF-8. */
function trimBlanks(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line, start)) start++;
  while (end > start && isBlank(line, end - 1)) end--;
  return line.slice(start, end);
}

function isBlank(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}

function takeField(section: Section, name: string, value: string): void {
  switch (name) {
    case "content-length":
      if (section.length !== undefined && section.length !== value) {
        throw invalid("it has two lengths");
      }
      if (section.length === undefined) section.headers.push([name, value]);
      section.length = value;
      break;
    case "transfer-encoding":
      section.coding = joined(section.coding, value);
      break;
    case "connection":
      section.connection = joined(section.connection, value);
      break;
    case "keep-alive":
      section.keepAlive = value;
      break;
    default:
      if (!HOP_BY_HOP.has(name)) section.headers.push([name, value]);
  }
}

function joined(before: string | undefined, value: string): string {
  return (before === undefined ? value : `${before},${value}`).toLowerCase();
}

/** Takes out the headers that `Connection` names. */
function dropNamed(section: Section): void {
  const { connection = "", headers } = section;
  if (connection === "close" || connection === "keep-alive") return;
  const named = new Set(connection.split(",").map((token) => token.trim()));
  let kept = 0;
  for (const header of headers) {
    if (header[0] === "content-length" || !named.has(header[0])) {
      headers[kept++] = header;
    }
  }
  headers.length = kept;
}

/** An answer that cannot have a body must not say how long it is (RFC 9110, 8.6). */
function dropLength({ headers }: Section): void {
  const at = headers.findIndex(([name]) => name === "content-length");
  if (at >= 0) headers.splice(at, 1);
}

function framingOf(
  { length, coding }: Section,
  status: number,
  method: string,
  isHttp10: boolean,
): BodyFraming {
  if (coding !== undefined && (length !== undefined || isHttp10)) {
    throw invalid("its framing is ambiguous");
  }
  if (length !== undefined && !LENGTH.test(length)) {
    throw invalid(`"${length.slice(0, 40)}" is no length`);
  }
  if (coding !== undefined && coding !== "chunked") {
    throw invalid(`the transfer coding "${coding.slice(0, 40)}" is not known`);
  }
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) {
    return { kind: "none" };
  }
  if (coding !== undefined) return { kind: "chunked" };
  if (length === undefined) return { kind: "until-close" };
  const bytes = Number(length);
  return bytes === 0 ? { kind: "none" } : { kind: "length", bytes };
}

/** Whether a status without a body comes with the framing of one, which may follow. */
function mayHaveUnsaidBody(
  { length, coding }: Section,
  status: number,
): boolean {
  if (status !== 204) return false;
  return coding !== undefined || length !== undefined && Number(length) > 0;
}

function staysOpen({ connection }: Section, isHttp10: boolean): boolean {
  if (connection === undefined) return !isHttp10;
  const tokens = connection.split(",").map((token) => token.trim());
  if (tokens.includes("close")) return false;
  return !isHttp10 || tokens.includes("keep-alive");
}

function keepAliveOf(text: string | undefined): number | undefined {
  const match = text === undefined ? null : /timeout=(\d{1,6})/i.exec(text);
  return match === null ? undefined : Number(match[1]);
}

function invalid(why: string): BackendFault {
  return new BackendFault("backend-invalid", `The answer is not HTTP: ${why}`);
}
