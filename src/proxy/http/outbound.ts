import { MAX_HEADERS } from "./request_head.ts";
import { HOP_BY_HOP } from "./response_head.ts";
import { STREAM_MARK } from "./stream_mark.ts";

/** What a request is sent to a backend as, apart from the body. */
export interface OutboundHead {
  readonly method: string;
  /** Request line and header section, with the empty line. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The length of the body, or that it comes in chunks; `undefined` when there is none. */
  readonly body: number | "chunked" | undefined;
  /** The client waits for a go-ahead before it sends the body. */
  readonly expectsContinue: boolean;
  /** Whether it came as one of the streams of HTTP/2. */
  readonly isStream: boolean;
}

/** Who asked, as far as a backend is to know. */
export interface ClientFacts {
  /** Address of the peer. */
  readonly address: string;
  readonly scheme: "http" | "https";
  /** Whether what the peer says of earlier hops is believed. */
  readonly isTrusted: boolean;
  /** Whether it speaks HTTP/2, which has no Host. */
  readonly isHttp2: boolean;
  /** Port of the HTTP server, which it makes up a host of when the client named none. */
  readonly serverPort?: number;
}

/** Why a request is not passed on. */
export class RequestRefusal {
  constructor(readonly status: number, readonly why: string) {}
}

const HOST =
  /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
/** No blank and nothing beyond ASCII: cut to bytes, it could end the line. */
const TARGET = /^[\x21-\x7e]+$/;
const LENGTH = /^\d{1,15}$/;
const NOT_FORWARDED = new Set(["CONNECT", "TRACE"]);

/** Set by the proxy itself, so that no client can say them for it. */
const OWN = new Set([
  "host",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "via",
  "forwarded",
  "expect",
  "content-length",
  STREAM_MARK,
]);

const encoder = new TextEncoder();

/** What a backend is asked, whatever protocol follows. */
export interface OutboundFields {
  /** In origin form. */
  readonly target: string;
  /** Header section without what frames a body; each line with its end. */
  readonly fields: string;
}

/**
 * Writes the head that a backend gets for `request`: headers of one hop taken
 * out, `X-Forwarded-*` and `Via` put in, the body framed in one unambiguous way.
 *
 * @param method What the client used, where the gate put a mark on it.
 */
export function outboundHead(
  request: Request,
  client: ClientFacts,
  method: string = request.method,
): OutboundHead | RequestRefusal {
  const { headers } = request;
  if (NOT_FORWARDED.has(method)) return new RequestRefusal(405, "method");
  // Those of HTTP/1.1 were counted before the server joined them.
  if (client.isHttp2 && countOf(headers) > MAX_HEADERS) {
    return new RequestRefusal(431, "headers");
  }
  const out = outboundFields(request, client);
  if (out instanceof RequestRefusal) return out;
  const framing = framingOf(request, client.isHttp2);
  if (framing === undefined) return new RequestRefusal(400, "framing");
  const expectsContinue = framing.body !== undefined &&
    headers.get("expect")?.toLowerCase() === "100-continue";
  const expectation = expectsContinue ? "expect: 100-continue\r\n" : "";
  const text = `${method} ${out.target} HTTP/1.1\r\n` + out.fields +
    expectation + framing.fields + "\r\n";
  return {
    method,
    bytes: encode(text),
    body: framing.body,
    expectsContinue,
    isStream: client.isHttp2,
  };
}

/** Writes what a backend is asked, without a word on the body. */
export function outboundFields(
  request: Request,
  client: ClientFacts,
): OutboundFields | RequestRefusal {
  const { method, url, headers } = request;
  const scheme = url.indexOf("://") + 3;
  const slash = url.indexOf("/", scheme);
  const authority = url.slice(scheme, slash);
  const host = headers.get("host") ?? authority;
  // Absolute form with another host than Host: which one counts is anyone's guess.
  if (host !== authority) {
    return new RequestRefusal(400, "Host and target differ");
  }
  if (!HOST.test(host)) return new RequestRefusal(400, "Host");
  const isMadeUp = host === `localhost:${client.serverPort}` &&
    !headers.has("host");
  if (!TARGET.test(url)) return new RequestRefusal(400, "target");
  return {
    target: targetOf(url, slash, method),
    fields: `host: ${isMadeUp ? "" : host}\r\n` +
      fieldsOf(headers, client.isTrusted) +
      forwardedOf(headers, isMadeUp ? undefined : host, client),
  };
}

/** The target in origin form; whatever follows a "#" was never meant for a server. */
function targetOf(url: string, slash: number, method: string): string {
  const hash = url.indexOf("#", slash);
  const target = hash < 0 ? url.slice(slash) : url.slice(slash, hash);
  return method === "OPTIONS" && target === "/*" ? "*" : target;
}

function countOf(headers: Headers): number {
  let count = headers.has(STREAM_MARK) ? -1 : 0;
  headers.forEach(() => count++);
  return count;
}

interface Framing {
  readonly body: OutboundHead["body"];
  readonly fields: string;
}

const NO_BODY: Framing = { body: undefined, fields: "" };
const CHUNKED: Framing = {
  body: "chunked",
  fields: "transfer-encoding: chunked\r\n",
};

/** The listener has refused what is ambiguous; what is left is said in one plain way. */
function framingOf(request: Request, isHttp2: boolean): Framing | undefined {
  const { headers } = request;
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  const isSaid = coding !== null || length !== null && length !== "0";
  // The platform keeps the body of a GET over HTTP/2 from us, and a backend would wait for it.
  if (isSaid && request.body === null) return undefined;
  if (coding !== null) {
    const isPlain = coding.toLowerCase() === "chunked" && length === null;
    return isPlain ? CHUNKED : undefined;
  }
  if (length === null) {
    // Only a stream of HTTP/2 may have a body that its head does not tell of.
    const mayHaveBody = isHttp2 && request.body !== null &&
      headers.has(STREAM_MARK);
    return mayHaveBody ? CHUNKED : NO_BODY;
  }
  // A length that was said twice is joined by the listener, and no length.
  if (!LENGTH.test(length)) return undefined;
  const bytes = Number(length);
  const fields = `content-length: ${bytes}\r\n`;
  return { body: bytes === 0 ? undefined : bytes, fields };
}

function fieldsOf(headers: Headers, isTrusted: boolean): string {
  const named = namedHeaders(headers.get("connection"));
  let fields = "";
  headers.forEach((value, name) => {
    if (OWN.has(name) || HOP_BY_HOP.has(name) || named?.has(name)) return;
    if (!isTrusted && isClaim(name)) return;
    fields += `${name}: ${value}\r\n`;
  });
  const forwarded = isTrusted ? headers.get("forwarded") : null;
  return forwarded === null ? fields : `${fields}forwarded: ${forwarded}\r\n`;
}

/**
 * Whether a header says who asked, or how. Gateways such as CGI read both
 * "-" and "_" as the same character (RFC 3875, 4.1.18).
 */
function isClaim(name: string): boolean {
  if (!name.startsWith("x")) return false;
  const read = name.replaceAll("_", "-");
  return read.startsWith("x-forwarded-") || read === "x-real-ip";
}

/** The headers that `Connection` says are for this hop. */
function namedHeaders(connection: string | null): Set<string> | undefined {
  if (connection === null || connection === "keep-alive") return undefined;
  return new Set(
    connection.split(",").map((token) => token.trim().toLowerCase()),
  );
}

function forwardedOf(
  headers: Headers,
  host: string | undefined,
  { address, scheme, isTrusted, isHttp2 }: ClientFacts,
): string {
  const before = (name: string) => isTrusted ? headers.get(name) : null;
  const chain = before("x-forwarded-for");
  const via = headers.get("via");
  const asked = before("x-forwarded-host") ?? host;
  return `x-forwarded-for: ${
    chain === null ? "" : `${chain}, `
  }${address}\r\n` +
    `x-forwarded-proto: ${before("x-forwarded-proto") ?? scheme}\r\n` +
    (asked === undefined ? "" : `x-forwarded-host: ${asked}\r\n`) +
    // By which protocol it came (RFC 9110, 7.6.3).
    `via: ${via === null ? "" : `${via}, `}${isHttp2 ? "2.0" : "1.1"} dewy\r\n`;
}

/** Header values are bytes; the platform shows each as one character, and never has one beyond. */
function encode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  const { read } = encoder.encodeInto(text, bytes);
  if (read === text.length) return bytes;
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
