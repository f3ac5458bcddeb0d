import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type ClientOptions, WebSocket, WebSocketServer } from "ws";
import type { Backend } from "../../src/proxy/backend.ts";
import { Balancer } from "../../src/proxy/balancer.ts";
import {
  type Certificate,
  type HttpEvent,
  HttpFront,
  type HttpFrontOptions,
} from "../../src/proxy/http/front.ts";
import type {
  ServedRequest,
  UnreadRequest,
} from "../../src/proxy/http/served_request.ts";
import { RecordingMeter } from "./tcp_bench.ts";

const HOSTNAME = "127.0.0.1";

/** Limits that no test runs into by accident. */
const LIMITS: HttpFrontOptions["limits"] = {
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 0,
  bodyTimeoutMs: 30_000,
  headerTimeoutMs: 30_000,
  maxConnections: 10_000,
  holdMs: 0,
};

/** A close as one side saw it. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket server whose sockets a test holds in its hands. */
export class SocketBackend implements AsyncDisposable {
  readonly id: string;
  /** The handshakes, as they came. */
  readonly requests: IncomingMessage[] = [];
  readonly sockets: WebSocket[] = [];
  /** Chooses among the subprotocols that are offered. */
  choose: (offered: Set<string>) => string | false = ([first]) =>
    first ?? false;
  /** Headers of the answer besides those of the handshake. */
  extra: readonly string[] = [];
  #server: Server;
  #raw = new Set<Duplex>();

  /** @param refuse Answers handshakes instead of accepting them. */
  private constructor(id: string, refuse?: RequestListener) {
    this.id = id;
    this.#server = createServer(refuse);
    const sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: 1e9,
      handleProtocols: (offered) => this.choose(offered),
    });
    sockets.on("headers", (headers) => headers.push(...this.extra));
    this.#server.on("connection", (socket) => this.#raw.add(socket));
    if (refuse !== undefined) return;
    this.#server.on("upgrade", (request, raw, head) => {
      this.requests.push(request);
      sockets.handleUpgrade(request, raw, head, (socket) => {
        socket.on("error", () => {});
        this.sockets.push(socket);
        this.onSocket(socket);
      });
    });
  }

  static async start(
    id: string,
    refuse?: RequestListener,
  ): Promise<SocketBackend> {
    const backend = new SocketBackend(id, refuse);
    backend.#server.listen(0, HOSTNAME);
    await once(backend.#server, "listening");
    return backend;
  }

  /** What is done with each socket; they echo when nothing else is said. */
  onSocket = (socket: WebSocket): void => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  };

  as(): Backend {
    const { port } = this.#server.address() as AddressInfo;
    return { id: this.id, hostname: HOSTNAME, port, state: "ready" };
  }

  /** The only socket. */
  get socket(): WebSocket {
    const [socket] = this.sockets;
    if (socket === undefined) throw new Error("No socket is open");
    return socket;
  }

  /** Breaks off every connection. */
  die(): void {
    for (const raw of this.#raw) raw.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.die();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** An HTTP port of the proxy in front of backends. */
export class SocketBench implements AsyncDisposable {
  readonly balancer = new Balancer();
  readonly meter = new RecordingMeter();
  readonly events: HttpEvent[] = [];
  readonly served: ServedRequest[] = [];
  readonly unread: UnreadRequest[] = [];
  readonly front: HttpFront;
  readonly port: number;
  #clients: WebSocket[] = [];

  constructor(
    backends: readonly Backend[],
    options: {
      readonly limits?: Partial<HttpFrontOptions["limits"]>;
      readonly certificate?: Certificate;
    } = {},
  ) {
    const { limits, ...rest } = options;
    const listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
    this.port = listener.addr.port;
    this.balancer.replace(backends);
    this.front = new HttpFront({
      listener,
      balancer: this.balancer,
      meter: this.meter,
      limits: { ...LIMITS, ...limits },
      isTrusted: () => false,
      tell: (event) => this.events.push(event),
      onServed: (served) => {
        if ("line" in served) this.unread.push(served);
        else this.served.push(served);
      },
      ...rest,
    });
  }

  /** Begins a WebSocket. */
  client(
    path = "/",
    protocols: readonly string[] = [],
    options: ClientOptions = {},
  ): WebSocket {
    const url = `ws://${HOSTNAME}:${this.port}${path}`;
    return this.#own(new WebSocket(url, protocols, options));
  }

  /** Begins a WebSocket over TLS. */
  secureClient(ca: string): WebSocket {
    const url = `wss://localhost:${this.port}/`;
    return this.#own(new WebSocket(url, [], { ca, perMessageDeflate: true }));
  }

  /** Has a client ended with the bench. */
  #own(client: WebSocket): WebSocket {
    // Whoever waits for something hears of it by `once`.
    client.on("error", () => {});
    this.#clients.push(client);
    return client;
  }

  /** Opens a WebSocket. */
  async open(
    path?: string,
    protocols?: readonly string[],
    options?: ClientOptions,
  ): Promise<WebSocket> {
    const client = this.client(path, protocols, options);
    await once(client, "open");
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.terminate();
    this.front.end();
    await this.front.finished;
  }
}

/** Waits for the next message. */
export async function nextMessage(
  socket: WebSocket,
): Promise<{ readonly data: Uint8Array; readonly isBinary: boolean }> {
  const [data, isBinary] = await once(socket, "message");
  return { data, isBinary };
}

/** Waits until a socket is closed. */
export async function closed(socket: WebSocket): Promise<Closed> {
  const [code, reason] = await once(socket, "close");
  return { code, reason: String(reason) };
}
