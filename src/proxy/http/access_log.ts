import type { AccessLogFormat } from "../settings.ts";
import type { ServedRequest, UnreadRequest } from "./served_request.ts";
import { redactUrl } from "./redact_url.ts";

/** Longer ones are cut, so that a client cannot fill a disk with one line. */
const MAX_VALUE = 8 * 1024;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
/** As the C language writes them, and Apache. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** What a line says of a request, whatever its format. */
interface Facts {
  /** When it came, Unix milliseconds. */
  readonly time: number;
  readonly host: string | undefined;
  readonly target: string;
  readonly protocol: string;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
}

/**
 * Returns the line of a request, without its end. What looks like a secret in
 * an address is masked, and nothing that a client says can begin another line.
 *
 * @param now When the request was over, Unix milliseconds.
 */
export function accessLine(
  format: AccessLogFormat,
  served: ServedRequest | UnreadRequest,
  now: number,
): string {
  if ("line" in served) return unreadLine(format, served, now);
  const facts = factsOf(served, now);
  return format === "json" ? asJson(served, facts) : asCombined(served, facts);
}

function unreadLine(
  format: AccessLogFormat,
  served: UnreadRequest,
  now: number,
): string {
  const { address: client, status, bytes } = served;
  const line = served.line === "" ? undefined : redactUrl(served.line);
  if (format === "json") {
    const time = new Date(now).toISOString();
    return inAscii({ time, client, line, status, bytes });
  }
  return combined(served, { time: now, line: line ?? "-" });
}

/** The "combined" format of Apache's mod_log_config. */
function asCombined(served: ServedRequest, facts: Facts): string {
  const { target, protocol } = facts;
  const line = `${served.method} ${target} ${protocol}`;
  return combined(served, { ...facts, line });
}

function combined(
  { address, status, bytes }: ServedRequest | UnreadRequest,
  said: Pick<Facts, "time"> & Partial<Facts> & { readonly line: string },
): string {
  const { time, line, referer = "-", userAgent = "-" } = said;
  return `${escaped(address)} - - [${apacheTime(time)}] "${escaped(line)}" ` +
    `${status} ${bytes === 0 ? "-" : bytes} ` +
    `"${escaped(referer)}" "${escaped(userAgent)}"`;
}

function asJson(served: ServedRequest, facts: Facts): string {
  const { address, method, status, bytes, durationMs, backend } = served;
  return inAscii({
    time: new Date(facts.time).toISOString(),
    client: address,
    method,
    host: facts.host,
    target: facts.target,
    protocol: facts.protocol,
    status,
    bytes,
    duration_ms: Math.round(durationMs * 1_000) / 1_000,
    backend,
    referer: facts.referer,
    user_agent: facts.userAgent,
  });
}

function inAscii(value: Readonly<Record<string, unknown>>): string {
  // What is no ASCII may still move the cursor of whoever looks at it.
  return JSON.stringify(value).replaceAll(/[\x7f-\uffff]/g, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return `\\u${code.padStart(4, "0")}`;
  });
}

function factsOf(served: ServedRequest, now: number): Facts {
  const { request, durationMs, isHttp2 } = served;
  const { url, headers } = request;
  const authority = url.indexOf("://") + 3;
  const path = url.indexOf("/", authority);
  const host = headers.get("host");
  const referer = headers.get("referer");
  const userAgent = headers.get("user-agent");
  return {
    time: now - durationMs,
    host: cut(host ?? url.slice(authority, path)),
    target: cut(redactUrl(url.slice(path))) ?? "",
    // The platform does not tell, but without Host it must have been 1.0.
    protocol: isHttp2 ? "HTTP/2.0" : host === null ? "HTTP/1.0" : "HTTP/1.1",
    referer: referer === null ? undefined : cut(redactUrl(referer)),
    userAgent: userAgent === null ? undefined : cut(userAgent),
  };
}

function cut(text: string): string | undefined {
  return text === "" ? undefined : text.slice(0, MAX_VALUE);
}

/** Escapes as Apache does: what is no printable ASCII is written byte by byte. */
function escaped(text: string): string {
  return text.replaceAll(
    /["\\]|[^\x20-\x7e]/gu,
    (character) => ESCAPES[character] ?? bytesOf(character),
  );
}

function bytesOf(character: string): string {
  const code = character.charCodeAt(0);
  // In a header each character is one byte.
  const bytes = code < 0x100 && character.length === 1
    ? [code]
    : [...new TextEncoder().encode(character)];
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
    .join("");
}

/** `10/Oct/2000:13:55:36 -0700`, in the zone of this host. */
function apacheTime(time: number): string {
  const offset = -new Date(time).getTimezoneOffset();
  const local = new Date(time + offset * 60_000).toISOString();
  const [year, month, day] = local.slice(0, 10).split("-");
  const sign = offset < 0 ? "-" : "+";
  const minutes = Math.abs(offset);
  const zone = Math.floor(minutes / 60) * 100 + minutes % 60;
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${local.slice(11, 19)} ` +
    `${sign}${String(zone).padStart(4, "0")}`;
}
