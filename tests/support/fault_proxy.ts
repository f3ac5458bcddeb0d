import { headOf, spoil, STATUS_ANSWERS } from "./http_bytes.ts";
import {
  copy,
  drain,
  encode,
  ignoreGone,
  readAll,
  readLine,
  writeAll,
} from "./tcp_bytes.ts";
import { TcpFront } from "./tcp_front.ts";

/** What can go wrong between a client and an HTTP server. */
export type ProxyFault =
  /** An answer in place of the server's: 429 with `Retry-After: 7`, or 500. */
  | "429"
  | "500"
  /** The connection is reset in place of an answer. */
  | "reset"
  /** No answer ever comes. */
  | "hang"
  /** The connection ends half way through the body. */
  | "cut"
  /** Nothing more comes half way through the body. */
  | "stall"
  /** Half the body, with a `Content-Length` that says it is the whole. */
  | "shorter"
  /** The body twice, and no `Content-Length`. */
  | "longer";

/** What a {@link FaultProxy} stands in front of. */
export interface FaultProxyOptions {
  /** `http://127.0.0.1:9000`. */
  readonly target: string;
  /** Whether a request may meet a fault; all may when left out. */
  readonly applies?: (requestLine: string) => boolean;
}

/**
 * Stands in front of a real HTTP server and passes on every byte as it is, one
 * request for each connection, until it is told a fault. Clients are pointed at
 * it by its address; since the `Host` header, too, is passed on as it was
 * signed, signatures stay right.
 */
export class FaultProxy implements AsyncDisposable {
  /** What requests meet from now on. */
  fault: ProxyFault | undefined;
  /** How many requests have met a fault. */
  met = 0;
  readonly #options: FaultProxyOptions;
  readonly #front: TcpFront;

  constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#front = new TcpFront((conn) => this.#serve(conn));
  }

  get url(): string {
    return `http://${this.#front.address}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#front[Symbol.asyncDispose]();
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    const line = await readLine(conn);
    if (line === undefined) return;
    const applies = this.#options.applies?.(line) ?? true;
    const fault = applies ? this.fault : undefined;
    if (fault !== undefined) this.met++;
    switch (fault) {
      case "reset":
        // Closing with the rest of the request unread is a reset.
        return;
      case "hang":
        return await drain(conn);
      case "429":
      case "500":
        await writeAll(conn, encode(STATUS_ANSWERS[fault]));
        await conn.closeWrite();
        return await drain(conn);
      default:
        return await this.#forward(conn, { line, fault });
    }
  }

  async #forward(conn: Deno.Conn, { line, fault }: Forwarding): Promise<void> {
    const { host } = new URL(this.#options.target);
    const server = await this.#front.connect(host);
    try {
      // Ends the answer with the connection, whatever the client asked for after it.
      await writeAll(server, encode(`${line}Connection: close\r\n`));
      const sending = ignoreGone(copy(conn, server));
      if (fault === undefined) await copy(server, conn);
      else await writeAll(conn, spoil(headOf(await readAll(server)), fault));
      if (fault !== "stall") this.#front.close(conn);
      await sending;
    } finally {
      this.#front.close(server);
    }
  }
}

interface Forwarding {
  /** The request's first line, which has been read. */
  readonly line: string;
  readonly fault: "cut" | "stall" | "shorter" | "longer" | undefined;
}
