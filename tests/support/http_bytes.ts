import { encode } from "./tcp_bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** An answer as it came over the network. */
export interface RawAnswer {
  /** With the empty line that ends it. */
  readonly head: string;
  /** Undecoded. */
  readonly body: Bytes;
}

const END = "\r\n\r\n";

/** What overloaded and broken servers answer. */
export const STATUS_ANSWERS = {
  "429": answerOf("429 Too Many Requests", ["Retry-After: 7"]),
  "500": answerOf("500 Internal Server Error"),
} as const;

/** Takes an answer apart. */
export function headOf(bytes: Bytes): RawAnswer {
  // One character for each byte, so that positions are the same.
  const text = latin1(bytes.subarray(0, 64 * 1024));
  const at = text.indexOf(END);
  if (at < 0) throw new Error(`No whole head: ${text}`);
  const length = at + END.length;
  return { head: text.slice(0, length), body: bytes.slice(length) };
}

/** Returns the bytes of an answer with something wrong about it. */
export function spoil(
  { head, body }: RawAnswer,
  fault: "cut" | "stall" | "shorter" | "longer",
): Bytes {
  if (fault === "cut" || fault === "stall") {
    return joined(head, body.subarray(0, body.length / 2));
  }
  const content = isChunked(head) ? dechunk(body) : body;
  if (fault === "shorter") {
    const half = content.subarray(0, content.length / 2);
    return joined(withHeader(head, `Content-Length: ${half.length}`), half);
  }
  const twice = joined(latin1(content), content);
  return joined(
    withHeader(head, "Transfer-Encoding: chunked") +
      `${twice.length.toString(16)}\r\n`,
    joined(latin1(twice), encode(`\r\n0${END}`)),
  );
}

function answerOf(status: string, headers: readonly string[] = []): string {
  const lines = [
    `HTTP/1.1 ${status}`,
    "Content-Length: 0",
    "Connection: close",
    ...headers,
  ];
  return lines.join("\r\n") + END;
}

/** Replaces what a head says of the length of the body. */
function withHeader(head: string, header: string): string {
  const lines = head.slice(0, -END.length).split("\r\n")
    .filter((line) => !/^(?:content-length|transfer-encoding):/i.test(line));
  return [...lines, header].join("\r\n") + END;
}

function isChunked(head: string): boolean {
  return /^transfer-encoding: *chunked/im.test(head);
}

function dechunk(body: Bytes): Bytes {
  const text = latin1(body);
  let content = "";
  for (let at = 0;;) {
    const end = text.indexOf("\r\n", at);
    const size = parseInt(text.slice(at, end), 16);
    if (!(size > 0)) return encode(content);
    content += text.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

function joined(head: string, body: Bytes): Bytes {
  const start = encode(head);
  const all = new Uint8Array(start.length + body.length);
  all.set(start);
  all.set(body, start.length);
  return all;
}

function latin1(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
