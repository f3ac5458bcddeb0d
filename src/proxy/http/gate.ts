import { type Clock, systemClock } from "../../base/time.ts";
import type { Meter } from "../meter.ts";
import { acceptAll } from "../tcp/acceptor.ts";
import { EventThrottle, type TcpEvent } from "../tcp/event.ts";
import { FilePressure } from "../tcp/file_pressure.ts";
import { IdleWatch } from "../tcp/idle_watch.ts";
import { GateSession } from "./gate_session.ts";

/** What a {@link Gate} allows. */
export interface GateLimits {
  /** Clients at once; one more is sent away. */
  readonly maxConnections: number;
  /** How long a client may take for the head of a request, milliseconds. */
  readonly headerTimeoutMs: number;
  /** How long nothing may move on a connection, milliseconds; 0 for ever. */
  readonly idleTimeoutMs: number;
}

/** What a {@link Gate} works with. */
export interface GateOptions {
  /** Open; the gate owns it from then on. */
  readonly listener: Deno.TcpListener;
  readonly limits: GateLimits;
  readonly meter: Meter;
  /** Port of the HTTP server behind it, on the loopback address. */
  readonly serverPort: () => number;
  /** Whether the bytes are those of TLS, so that no word of ours fits in. */
  readonly isEncrypted: boolean;
  readonly clock?: Clock;
  readonly tell?: (event: TcpEvent) => void;
  /** Called when a client has left. */
  readonly onLeft?: () => void;
}

const LOOK_MS = 1_000;
const TOO_LATE = words("408 Request Timeout", "header-timeout");
const TOO_MANY = words("503 Service Unavailable", "too-many-connections");

/**
 * Admits clients to the HTTP server behind it. `Deno.serve` has no limit for
 * connections nor for the time that a head may take, and ends for good when
 * the process runs out of descriptors; the gate accepts for it.
 */
export class Gate {
  /** Resolves when it accepts nothing more and its last connection is closed. */
  readonly finished: Promise<void>;
  #options: GateOptions;
  #events: EventThrottle;
  #pressure: FilePressure;
  #idle: IdleWatch;
  #clients = new Map<GateSession, Promise<void>>();
  /** By the port that the HTTP server sees them come from. */
  #byPort = new Map<number, GateSession>();
  #closed = new AbortController();
  #looker: ReturnType<typeof setInterval> | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    const { clock = systemClock, tell = () => {}, limits } = options;
    this.#events = new EventThrottle(clock, tell);
    this.#pressure = new FilePressure(clock, this.#events);
    this.#idle = new IdleWatch(clock, limits.idleTimeoutMs);
    this.finished = this.#run();
  }

  /** Clients that are connected. */
  get connections(): number {
    return this.#clients.size;
  }

  /** The client behind a connection to the HTTP server; `undefined` for one that did not come by the gate. */
  sessionAt(port: number): GateSession | undefined {
    return this.#byPort.get(port);
  }

  /** Whether a client is connected to the HTTP server at `port`, or about to be. */
  isServedBy(port: number): boolean {
    return this.#clients.keys().some(({ serverPort }) => serverPort === port);
  }

  /** Accepts nothing more; what is open goes on. */
  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#options.listener.close();
  }

  /** Accepts nothing more, and closes what is open. */
  end(): void {
    this.close();
    for (const session of this.#clients.keys()) session.end();
  }

  async #run(): Promise<void> {
    await acceptAll({
      listener: this.#options.listener,
      pressure: this.#pressure,
      signal: this.#closed.signal,
      serve: (client) => this.#admit(client),
    });
    await Promise.all(this.#clients.values());
    await this.#idle.stopped;
  }

  #admit(client: Deno.TcpConn): void {
    const limit = this.#options.limits.maxConnections;
    const session = new GateSession(client, {
      now: performance.now(),
      isEncrypted: this.#options.isEncrypted,
    });
    const isOneTooMany = this.#clients.size >= limit;
    if (isOneTooMany) {
      this.#options.meter.failed("too-many-connections");
      this.#events.tell({ kind: "too-many-connections", limit });
    }
    const serving = isOneTooMany
      ? this.#dismiss(session, TOO_MANY)
      : this.#serve(client, session);
    this.#clients.set(session, serving);
    void serving.finally(() => {
      this.#clients.delete(session);
      this.#options.onLeft?.();
    });
  }

  async #serve(client: Deno.TcpConn, session: GateSession): Promise<void> {
    const { meter } = this.#options;
    const startedAt = performance.now();
    meter.connectionOpened();
    this.#looker ??= setInterval(this.#look, LOOK_MS);
    session.serverPort = this.#options.serverPort();
    const server = await this.#connect(client, session.serverPort);
    if (server === undefined) session.end();
    else await this.#pass(session, server);
    meter.transferred(session.bytes);
    meter.connectionClosed((performance.now() - startedAt) / 1000);
  }

  async #connect(
    client: Deno.TcpConn,
    port: number,
  ): Promise<Deno.TcpConn | undefined> {
    try {
      client.setNoDelay();
      client.setKeepAlive();
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      server.setNoDelay();
      return server;
    } catch (error) {
      await this.#pressure.pause(error, this.#closed.signal);
      return undefined;
    }
  }

  async #pass(session: GateSession, server: Deno.TcpConn): Promise<void> {
    const { port } = server.localAddr;
    this.#pressure.relieve();
    this.#byPort.set(port, session);
    this.#idle.add(session);
    await session.run(server);
    this.#idle.delete(session);
    if (this.#byPort.get(port) === session) this.#byPort.delete(port);
  }

  async #dismiss(session: GateSession, why: Uint8Array): Promise<void> {
    if (this.#options.isEncrypted) session.end();
    else await session.dismiss(why);
  }

  /** Looks after clients that take too long to ask. */
  #look = (): void => {
    const now = performance.now();
    const since = now - this.#options.limits.headerTimeoutMs;
    for (const session of this.#clients.keys()) {
      const owesSince = session.owesSince(now);
      // Bytes of TLS may be an answer to a ping; what is idle has a limit of its own.
      if (session.hasAsked && this.#options.isEncrypted) continue;
      if (owesSince === undefined || owesSince > since) continue;
      void this.#dismiss(session, TOO_LATE);
    }
    if (this.#clients.size > 0) return;
    clearInterval(this.#looker);
    this.#looker = undefined;
  };
}

function words(status: string, reason: string): Uint8Array {
  return new TextEncoder().encode(
    `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n` +
      `dewy-error: ${reason}\r\n\r\n`,
  );
}
