import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { eventually } from "./eventually.ts";

/** How a {@link FaultServer} misbehaves. */
export type Fault =
  /** Never answers. */
  | "hang"
  /** Begins a body and never ends it. */
  | "stall"
  /** Closes the connection in the middle of a body. */
  | "truncate"
  /** Closes the connection in place of an answer. */
  | "reset"
  /** Answers what no storage service does. */
  | "junk"
  /** Answers with this status. */
  | "403"
  | "429"
  | "500";

/** A server that answers every request in the same wrong way. */
export class FaultServer implements AsyncDisposable {
  #server: Server;
  #sockets = new Set<Socket>();
  #requests = 0;

  private constructor(fault: Fault) {
    this.#server = createServer((request, response) => {
      this.#requests++;
      fail(fault, request, response);
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
    });
  }

  static async start(fault: Fault): Promise<FaultServer> {
    const server = new FaultServer(fault);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") {
      throw new Error("The server does not listen");
    }
    return `http://127.0.0.1:${address.port}`;
  }

  /** Waits until so many requests have arrived. */
  async asked(count: number): Promise<void> {
    await eventually(() => this.#requests >= count, {
      message: `${count} requests arrive`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }
}

function fail(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (fault) {
    case "hang":
      return;
    case "reset":
      request.socket.destroy();
      return;
    case "stall":
    case "truncate":
      response.writeHead(200, { "content-length": "1000" });
      response.write("x".repeat(500), () => {
        if (fault === "truncate") {
          setTimeout(() => request.socket.destroy(), 20);
        }
      });
      return;
    case "junk":
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<!doctype html><p>Please log in<br>");
      return;
    default:
      response.writeHead(
        Number(fault),
        fault === "429" ? { "retry-after": "7" } : {},
      );
      response.end();
  }
}
