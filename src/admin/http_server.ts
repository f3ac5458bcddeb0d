import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { connectionStream } from "./connection_stream.ts";
import { exchange, type ExchangeOptions } from "./http_exchange.ts";

/** Of a request line and its headers together. */
const MAX_HEAD_BYTES = 16 * 1024;

/** What an {@link HttpServer} works with. */
export interface HttpServerOptions extends ExchangeOptions {
  /** For the head of a request, milliseconds; also for taking an answer that has an end. */
  readonly headMs: number;
}

/**
 * Speaks HTTP/1.1 on connections that others accept, one request on each.
 * `Deno.serve` sets no limit for connections nor for the time of a head, and
 * ends for good without descriptors; the listener of `node:http` falls silent
 * then. So only the parser is that of `node:http`.
 */
export class HttpServer {
  #server: Server;
  #options: HttpServerOptions;
  /** What waits for the head of a request. */
  #waiting = new Map<Duplex, ReturnType<typeof setTimeout>>();

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer(
      { maxHeaderSize: MAX_HEAD_BYTES, requireHostHeader: true },
      (incoming, outgoing) => {
        outgoing.shouldKeepAlive = false;
        // What follows on the same connection gets no answer, and must do nothing.
        if (!this.#headCame(incoming.socket)) return;
        void exchange(incoming, outgoing, this.#options);
      },
    );
    this.#server.on("clientError", (_error, socket) => {
      if (!socket.writable) return void socket.destroy();
      socket.end(BAD_REQUEST);
    });
  }

  /** Serves one connection, and resolves when that is closed. */
  async serve(connection: Deno.Conn, closing: AbortSignal): Promise<void> {
    const stream = connectionStream(connection);
    const closed = new Promise<void>((resolve) =>
      stream.once("close", resolve)
    );
    // A client that leaves is no fault; without a reader the error would end dewy.
    stream.on("error", () => {});
    const cut = () => stream.destroy();
    closing.addEventListener("abort", cut, { once: true });
    this.#waiting.set(stream, setTimeout(cut, this.#options.headMs));
    this.#server.emit("connection", stream);
    await closed;
    this.#headCame(stream);
    closing.removeEventListener("abort", cut);
  }

  /** Returns whether it was waited for. */
  #headCame(stream: Duplex): boolean {
    clearTimeout(this.#waiting.get(stream));
    return this.#waiting.delete(stream);
  }
}

const BAD_REQUEST = "HTTP/1.1 400 Bad Request\r\n" +
  "Content-Length: 0\r\nConnection: close\r\n\r\n";
