import { chunks, copy, drain, ignoreGone, writeAll } from "./tcp_bytes.ts";
import { TcpFront } from "./tcp_front.ts";

/** What can go wrong between a gRPC client and its server. */
export type GrpcProxyFault =
  /** An HTTP/2 answer as of a balancer in front: status 429 with `retry-after: 7`, or 500. */
  | "429"
  | "500"
  /** The connection is reset in place of an answer. */
  | "reset"
  /** No byte ever comes. */
  | "hang"
  /** The connection ends half way through the message. */
  | "cut"
  /** Nothing more comes half way through the message. */
  | "stall";

/** Frame types of HTTP/2 (RFC 9113, section 6). */
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const FRAME_HEAD_BYTES = 9;
/** What a client begins with. */
const PREFACE_BYTES = 24;

/** Header blocks in HPACK (RFC 7541): names and `:status: 500` are from its static table. */
const STATUS_BLOCKS = {
  "429": [0x08, 3, ...digits("429"), 0x0f, 0x26, 1, ...digits("7")],
  "500": [0x8e],
} as const;

/** Stands in front of a real gRPC server without TLS, and passes everything on until it is told a fault. */
export class GrpcFaultProxy implements AsyncDisposable {
  /** What connections meet from now on. */
  fault: GrpcProxyFault | undefined;
  /** How many connections have met a fault. */
  met = 0;
  readonly #target: string;
  readonly #front: TcpFront;

  /** @param target Host and port. */
  constructor(target: string) {
    this.#target = target;
    this.#front = new TcpFront((conn) => this.#serve(conn));
  }

  /** Host and port. */
  get address(): string {
    return this.#front.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#front[Symbol.asyncDispose]();
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    const { fault } = this;
    if (fault !== undefined) this.met++;
    switch (fault) {
      case "reset":
        // Closing with the rest of the preface unread is a reset.
        await conn.read(new Uint8Array(1));
        return;
      case "hang":
        return await drain(conn);
      case "429":
      case "500":
        return await answer(conn, STATUS_BLOCKS[fault]);
      default:
        return await this.#forward(conn, fault);
    }
  }

  async #forward(
    conn: Deno.Conn,
    fault: "cut" | "stall" | undefined,
  ): Promise<void> {
    const server = await this.#front.connect(this.#target);
    try {
      const sending = ignoreGone(copy(conn, server));
      if (fault === undefined) await copy(server, conn);
      else await passToMessage(server, conn);
      if (fault !== "stall") this.#front.close(conn);
      await sending;
    } finally {
      this.#front.close(server);
    }
  }
}

/** Passes frames on up to the first message, and half of that. */
async function passToMessage(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  for await (const { type, bytes } of frames(from)) {
    const isMessage = type === DATA;
    const end = isMessage ? FRAME_HEAD_BYTES + 2 : bytes.length;
    await writeAll(to, bytes.subarray(0, end));
    if (isMessage) return;
  }
}

/** Answers the first request with nothing but headers. */
async function answer(
  conn: Deno.Conn,
  block: readonly number[],
): Promise<void> {
  await writeAll(conn, frame({ type: SETTINGS, flags: 0, stream: 0 }, []));
  for await (const { type, stream } of frames(conn, PREFACE_BYTES)) {
    if (type !== HEADERS) continue;
    const endOfStreamAndHeaders = 0x5;
    const head = { type: HEADERS, flags: endOfStreamAndHeaders, stream };
    await writeAll(conn, frame(head, block));
  }
}

interface FrameHead {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

function frame(
  { type, flags, stream }: FrameHead,
  payload: readonly number[],
): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + payload.length);
  bytes.set([0, 0, payload.length, type, flags, 0, 0, 0, stream]);
  bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
}

/** Reads frames after `skip` bytes of something else. */
async function* frames(
  conn: Deno.Conn,
  skip = 0,
): AsyncGenerator<{ type: number; stream: number; bytes: Uint8Array }> {
  let rest = new Uint8Array();
  let toSkip = skip;
  for await (const chunk of chunks(conn)) {
    rest = Uint8Array.from([...rest, ...chunk.subarray(toSkip)]);
    toSkip = Math.max(0, toSkip - chunk.length);
    while (rest.length >= FRAME_HEAD_BYTES) {
      const [high = 0, middle = 0, low = 0, type = 0] = rest;
      const length = FRAME_HEAD_BYTES + (high << 16) + (middle << 8) + low;
      if (rest.length < length) break;
      const stream = new DataView(rest.buffer).getUint32(5) & 0x7fff_ffff;
      yield { type, stream, bytes: rest.slice(0, length) };
      rest = rest.slice(length);
    }
  }
}

function digits(text: string): number[] {
  return [...text].map((digit) => digit.charCodeAt(0));
}
