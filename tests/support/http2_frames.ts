import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { eventually } from "./eventually.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER_BYTES = 9;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const STREAM = 1;
/** Types of frames (RFC 9113, 6). */
const FRAMES = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 };

/** A request, field by field; nothing is looked at. One byte for each character. */
export interface RawStream {
  readonly fields: readonly (readonly [string, string])[];
  /** What comes behind the head, if anything does. */
  readonly body?: string;
}

/** What a server made of a request: it answered, or refused to without a word. */
export type StreamEnd = "answered" | "reset" | "closed";

/** Says one request over HTTP/2 just as it is written, and tells what came of it. */
export async function sayStream(
  port: number,
  ca: string,
  { fields, body }: RawStream,
): Promise<StreamEnd> {
  const socket = connect({
    port,
    ca,
    host: "127.0.0.1",
    servername: "localhost",
    ALPNProtocols: ["h2"],
  });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  const end = endOf(socket);
  const flags = END_HEADERS | (body === undefined ? END_STREAM : 0);
  const block = Buffer.concat(fields.map(([name, value]) =>
    // Not indexed, its name spelled out (RFC 7541, 6.2.2).
    Buffer.concat([Buffer.of(0), textOf(name), textOf(value)])
  ));
  socket.write(PREFACE);
  socket.write(frame(FRAMES.settings, 0, 0, Buffer.alloc(0)));
  socket.write(frame(FRAMES.headers, flags, STREAM, block));
  if (body !== undefined) {
    const bytes = Buffer.from(body, "latin1");
    socket.write(frame(FRAMES.data, END_STREAM, STREAM, bytes));
  }
  try {
    return await eventually(end, { message: "the server says something" });
  } finally {
    socket.destroy();
  }
}

/** Follows what the server says; returns what tells the end of the stream, once there is one. */
function endOf(socket: TLSSocket): () => StreamEnd | undefined {
  let received = Buffer.alloc(0);
  let end: StreamEnd | undefined;
  socket.on("close", () => end ??= "closed");
  socket.on("data", (bytes: Uint8Array) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= HEADER_BYTES) {
      const next = HEADER_BYTES + received.readUIntBE(0, 3);
      if (received.length < next) return;
      const type = received[3];
      received = received.subarray(next);
      if (type === FRAMES.headers) end ??= "answered";
      if (type === FRAMES.reset) end ??= "reset";
      if (type === FRAMES.goaway) end ??= "closed";
    }
  });
  return () => end;
}

function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer,
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** A string as it is, its length before it (RFC 7541, 5.1 and 5.2). */
function textOf(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const length: number[] = [];
  let rest = bytes.length - 127;
  if (rest < 0) length.push(bytes.length);
  else {
    length.push(127);
    for (; rest >= 128; rest >>= 7) length.push(rest & 127 | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
