import type { Backend, BackendState } from "../../src/proxy/backend.ts";
import { Balancer } from "../../src/proxy/balancer.ts";
import type { Meter, ProxyErrorReason } from "../../src/proxy/meter.ts";
import type { TcpEvent } from "../../src/proxy/tcp/event.ts";
import {
  type TcpLimits,
  TcpPlane,
  type TcpPlaneOptions,
} from "../../src/proxy/tcp/plane.ts";
import { freePort } from "./free_port.ts";

const HOSTNAME = "127.0.0.1";

/** Limits that no test runs into by accident. */
const LIMITS: TcpLimits = {
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 0,
  maxConnections: 10_000,
  holdMs: 0,
};

/** Adds up what it is told. */
export class RecordingMeter implements Meter {
  opened = 0;
  requests = 0;
  readonly closed: number[] = [];
  readonly dials: number[] = [];
  readonly transfers: number[] = [];
  readonly failures: ProxyErrorReason[] = [];

  connectionOpened(): void {
    this.opened++;
  }

  connectionClosed(seconds: number): void {
    this.closed.push(seconds);
  }

  requested(): void {
    this.requests++;
  }

  connected(seconds: number): void {
    this.dials.push(seconds);
  }

  transferred(bytes: number): void {
    this.transfers.push(bytes);
  }

  failed(reason: ProxyErrorReason): void {
    this.failures.push(reason);
  }
}

/** A backend whose connections a test holds in its hands. */
export class TcpBackend implements Disposable {
  #listener: Deno.TcpListener;
  #accepted: Deno.TcpConn[] = [];

  constructor(readonly id: string, options: { backlog?: number } = {}) {
    const { backlog } = options;
    this.#listener = Deno.listen({
      hostname: HOSTNAME,
      port: 0,
      ...(backlog === undefined ? {} : { tcpBacklog: backlog }),
    });
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  as(state: BackendState = "ready"): Backend {
    return { id: this.id, hostname: HOSTNAME, port: this.port, state };
  }

  async accept(): Promise<Deno.TcpConn> {
    const connection = await this.#listener.accept();
    this.#accepted.push(connection);
    return connection;
  }

  /** Serves each connection that comes, until it is disposed of. */
  serve(handle: (connection: Deno.TcpConn) => Promise<void>): this {
    const serveAll = async () => {
      for await (const connection of this.#listener) {
        this.#accepted.push(connection);
        void handle(connection).catch(() => close(connection));
      }
    };
    void serveAll();
    return this;
  }

  /** Sends everything back, and ends when the other side does. */
  echo(): this {
    return this.serve(async (connection) => {
      const buffer = new Uint8Array(64 * 1024);
      for (;;) {
        const count = await connection.read(buffer);
        if (count === null) break;
        await writeAll(connection, buffer.subarray(0, count));
      }
      await connection.closeWrite();
    });
  }

  /** Says its id and ends. */
  sayId(): this {
    return this.serve(async (connection) => {
      await writeAll(connection, new TextEncoder().encode(this.id));
      connection.close();
    });
  }

  /** How many connections have come. */
  get count(): number {
    return this.#accepted.length;
  }

  [Symbol.dispose](): void {
    close(this.#listener);
    for (const connection of this.#accepted) close(connection);
  }
}

/** Returns a backend that refuses every connection. */
export function refusing(id: string): Backend {
  // Where no test listens: a port that was free on the usual address may be taken by now.
  const hostname = "127.0.0.9";
  return { id, hostname, port: freePort(hostname), state: "ready" };
}

/** What differs from the plane that most tests need. */
export interface TcpBenchOptions
  extends Partial<Omit<TcpPlaneOptions, "limits" | "listener">> {
  readonly limits?: Partial<TcpLimits>;
  readonly hostname?: string;
}

/** A plane in front of backends, in this process. */
export class TcpBench implements AsyncDisposable {
  readonly balancer: Balancer;
  readonly meter = new RecordingMeter();
  readonly events: TcpEvent[] = [];
  readonly plane: TcpPlane;
  readonly port: number;
  #clients: Deno.TcpConn[] = [];

  constructor(backends: readonly Backend[], options: TcpBenchOptions = {}) {
    const { hostname = HOSTNAME, limits, ...rest } = options;
    const listener = Deno.listen({ hostname, port: 0 });
    this.port = listener.addr.port;
    this.balancer = options.balancer ?? new Balancer();
    this.balancer.replace(backends);
    this.plane = new TcpPlane({
      listener,
      balancer: this.balancer,
      meter: this.meter,
      tell: (event) => this.events.push(event),
      ...rest,
      limits: { ...LIMITS, ...limits },
    });
  }

  /** Opens a connection to the plane. */
  async connect(hostname = HOSTNAME): Promise<Deno.TcpConn> {
    const connection = await Deno.connect({ hostname, port: this.port });
    this.#clients.push(connection);
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) close(client);
    this.plane.end();
    await this.plane.finished;
  }
}

/** Closes what may be closed already. */
export function close(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

export async function writeAll(
  connection: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    rest = rest.subarray(await connection.write(rest));
  }
}

/** Reads until the other side has ended, and returns how many bytes that were. */
export async function countToEnd(connection: Deno.TcpConn): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return total;
    total += count;
  }
}

/** Reads `count` bytes as text; fewer when the other side ends before. */
export async function readText(
  connection: Deno.TcpConn,
  count = Infinity,
): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(64 * 1024);
  while (text.length < count) {
    const size = Math.min(buffer.length, count - text.length);
    const got = await connection.read(buffer.subarray(0, size));
    if (got === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, got));
  }
  return text;
}

export async function say(
  connection: Deno.TcpConn,
  text: string,
): Promise<void> {
  await writeAll(connection, new TextEncoder().encode(text));
}
