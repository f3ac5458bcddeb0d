import { type Clock, systemClock } from "../../base/time.ts";
import type { Balancer } from "../balancer.ts";
import { type Meter, NO_METER } from "../meter.ts";
import { acceptAll } from "./acceptor.ts";
import { type Dialed, Dialer } from "./dialer.ts";
import { EventThrottle, type TcpEvent } from "./event.ts";
import { FilePressure } from "./file_pressure.ts";
import { IdleWatch } from "./idle_watch.ts";
import { proxyHeader } from "./proxy_protocol.ts";
import { TcpSession } from "./session.ts";

/** What a {@link TcpPlane} allows. */
export interface TcpLimits {
  /** How long one backend may take to answer a connection, milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long nothing may move in either direction, milliseconds; 0 for ever. */
  readonly idleTimeoutMs: number;
  /** Clients at once; one more is sent away. */
  readonly maxConnections: number;
  /** How long a client waits for a first backend, milliseconds; 0 not at all. */
  readonly holdMs: number;
}

/** What a {@link TcpPlane} works with. */
export interface TcpPlaneOptions {
  /** Open; the plane owns it from then on. */
  readonly listener: Deno.TcpListener;
  readonly balancer: Balancer;
  readonly limits: TcpLimits;
  /** Tell backends who the client is, by the PROXY protocol, version 2. */
  readonly proxyProtocol?: boolean;
  readonly meter?: Meter;
  readonly clock?: Clock;
  /** Hears of what an operator should know, each thing once a minute at most. */
  readonly tell?: (event: TcpEvent) => void;
}

/** Passes the connections of one port on to backends, byte for byte. */
export class TcpPlane {
  /** Resolves when it accepts nothing more and its last connection is closed. */
  readonly finished: Promise<void>;
  #options: TcpPlaneOptions;
  #meter: Meter;
  #clock: Clock;
  #events: EventThrottle;
  #pressure: FilePressure;
  #dialer: Dialer;
  #idle: IdleWatch;
  #clients = new Set<Promise<void>>();
  #sessions = new Set<TcpSession>();
  #closed = new AbortController();
  #ended = new AbortController();

  constructor(options: TcpPlaneOptions) {
    const { balancer, limits, clock = systemClock, meter = NO_METER } = options;
    this.#options = options;
    this.#meter = meter;
    this.#clock = clock;
    this.#events = new EventThrottle(clock, options.tell ?? (() => {}));
    this.#pressure = new FilePressure(clock, this.#events);
    this.#dialer = new Dialer({
      balancer,
      meter,
      clock,
      events: this.#events,
      pressure: this.#pressure,
      connectTimeoutMs: limits.connectTimeoutMs,
      holdMs: limits.holdMs,
    });
    this.#idle = new IdleWatch(clock, limits.idleTimeoutMs);
    this.finished = this.#run();
  }

  /** Clients that are connected. */
  get connections(): number {
    return this.#clients.size;
  }

  /** Accepts nothing more; what is open goes on. */
  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#options.listener.close();
  }

  /** Connections that are not over. */
  get underWay(): number {
    return this.#clients.size;
  }

  /** Nobody can be asked to leave: a connection is over when its ends say so. */
  part(): void {}

  /** Accepts nothing more, and ends what is open. */
  end(): void {
    this.close();
    this.#ended.abort();
    for (const session of this.#sessions) session.end();
  }

  async #run(): Promise<void> {
    await acceptAll({
      listener: this.#options.listener,
      pressure: this.#pressure,
      signal: this.#closed.signal,
      serve: (client) => this.#admit(client),
    });
    await Promise.all(this.#clients);
    await this.#idle.stopped;
  }

  #admit(client: Deno.TcpConn): void {
    const limit = this.#options.limits.maxConnections;
    if (this.#clients.size >= limit) {
      client.close();
      this.#meter.failed("too-many-connections");
      this.#events.tell({ kind: "too-many-connections", limit });
      return;
    }
    const serving = this.#serve(client);
    this.#clients.add(serving);
    void serving.finally(() => this.#clients.delete(serving));
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const startedAt = performance.now();
    this.#meter.connectionOpened();
    const dialed = await this.#dial(client);
    if (dialed === undefined) client.close();
    else await this.#join(client, dialed);
    this.#meter.connectionClosed((performance.now() - startedAt) / 1000);
  }

  async #dial(client: Deno.TcpConn): Promise<Dialed | undefined> {
    const greeting = this.#options.proxyProtocol === true
      ? proxyHeader({
        source: client.remoteAddr,
        destination: client.localAddr,
      })
      : undefined;
    return await this.#dialer.dial(this.#ended.signal, greeting);
  }

  async #join(client: Deno.TcpConn, dialed: Dialed): Promise<void> {
    const { balancer } = this.#options;
    const { attempt, connection, slot } = dialed;
    const session = new TcpSession(client, connection, {
      clock: this.#clock,
      meter: this.#meter,
    });
    balancer.enter(slot, session);
    balancer.leave(slot, attempt);
    this.#pressure.relieve();
    this.#sessions.add(session);
    this.#idle.add(session);
    const running = session.run();
    if (attempt.isEnded || this.#ended.signal.aborted) session.end();
    await running;
    this.#idle.delete(session);
    this.#sessions.delete(session);
    balancer.leave(slot, session);
  }
}
