import { systemClock } from "../../base/time.ts";
import { acceptAll } from "../tcp/acceptor.ts";
import { EventThrottle } from "../tcp/event.ts";
import { FilePressure } from "../tcp/file_pressure.ts";
import { IdleWatch } from "../tcp/idle_watch.ts";
import { FileRoom } from "./file_room.ts";
import type { GateOptions } from "./gate_options.ts";
import { GateSession } from "./gate_session.ts";
import { SecuredClient } from "./secured_client.ts";
import { dialServer, isListening, mayPass, tune } from "./server_dial.ts";
import { type LastWords, TOO_LATE, TOO_MANY } from "./last_words.ts";
import { unreadRequest } from "./refusals.ts";

const LOOK_MS = 1_000;
/** A backend that is silent for too long is noticed first, so that the client is told, milliseconds. */
const IDLE_MARGIN_MS = 2_000;
/** Clients at once that are told why they are sent away; more are just cut. */
const MAX_REFUSED = 100;
/** Ports that there are. */
const PORTS = 2 ** 16;

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
  /** Those that are told that there are too many. */
  #refused = new Set<GateSession>();
  /** By the port of the HTTP server and the one that it sees them come from. */
  #byPort = new Map<number, GateSession>();
  #closed = new AbortController();
  #room: FileRoom;
  #looker: ReturnType<typeof setInterval> | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#room = new FileRoom();
    const { clock = systemClock, tell = () => {}, limits } = options;
    this.#events = new EventThrottle(clock, tell);
    this.#pressure = new FilePressure(clock, this.#events);
    const { idleTimeoutMs } = limits;
    this.#idle = new IdleWatch(
      clock,
      idleTimeoutMs === 0 ? 0 : idleTimeoutMs + IDLE_MARGIN_MS,
    );
    this.finished = this.#run();
  }

  /** Clients that are connected. */
  get connections(): number {
    return this.#clients.size;
  }

  get sessions(): Iterable<GateSession> {
    return this.#clients.keys();
  }

  /** The client behind a connection to the HTTP server; `undefined` for one that did not come by the gate. */
  sessionAt(serverPort: number, port: number): GateSession | undefined {
    return this.#byPort.get(keyOf(serverPort, port));
  }

  /** There was no descriptor left: whatever was known of how many there are is wrong. */
  tighten(): void {
    this.#room.forget();
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
      listener: { accept: () => this.#accept() },
      pressure: this.#pressure,
      signal: this.#closed.signal,
      serve: (client) => this.#admit(client),
    });
    await Promise.all(this.#clients.values());
    await this.#idle.stopped;
  }

  #admit(client: Deno.TcpConn): void {
    const limit = this.#options.limits.maxConnections;
    const session = new GateSession(client, performance.now());
    const isOneTooMany = this.#clients.size - this.#refused.size >= limit;
    if (isOneTooMany) {
      this.#options.meter.failed("too-many-connections");
      this.#events.tell({ kind: "too-many-connections", limit });
    }
    const serving = isOneTooMany
      ? this.#refuse(session)
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
    tune(client);
    await this.#secure(client, session);
    while (!session.isClosed) {
      const server = await this.#connect(session);
      if (server === undefined) session.end();
      else await this.#pass(session, server);
    }
    await session.secured?.closed;
    meter.transferred(session.bytes);
    meter.connectionClosed((performance.now() - startedAt) / 1000);
  }

  async #secure(client: Deno.TcpConn, session: GateSession): Promise<void> {
    const context = this.#options.secureContext?.();
    if (context === undefined) return;
    try {
      const secured = new SecuredClient(client, context);
      session.secure(secured);
      await secured.handshake();
    } catch {
      // It left, was too slow or speaks no TLS: there is nobody to be told.
      session.end();
    }
  }

  /** Connects to the HTTP server, and waits for it while there is no descriptor left or it is started again. */
  async #connect(session: GateSession): Promise<Deno.TcpConn | undefined> {
    while (!session.isClosed) {
      const port = this.#options.serverPort(session);
      session.serverPort = port;
      try {
        return await dialServer(port);
      } catch (error) {
        if (!mayPass(error)) return undefined;
        this.tighten();
        await this.#pressure.pause(error, this.#closed.signal);
        if (this.#closed.signal.aborted) return undefined;
      }
    }
    return undefined;
  }

  /** Accepts a client once there is room for one more. */
  async #accept(): Promise<Deno.TcpConn> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        this.#room.find(this.#clients.size, () => this.#unsettled());
        break;
      } catch (error) {
        await this.#pressure.pause(error, signal);
      }
    }
    return await this.#options.listener.accept();
  }

  #unsettled(): number {
    return this.#clients.keys().reduce(
      (count, { hasAsked }) => hasAsked ? count : count + 1,
      0,
    );
  }

  async #pass(session: GateSession, server: Deno.TcpConn): Promise<void> {
    const port = keyOf(session.serverPort, server.localAddr.port);
    this.#pressure.relieve();
    this.#byPort.set(port, session);
    this.#idle.add(session);
    await session.run(server);
    this.#idle.delete(session);
    if (this.#byPort.get(port) === session) this.#byPort.delete(port);
    // A server that still listens had its reasons.
    if (!session.isClosed && await isListening(session.serverPort)) {
      session.end();
    }
  }

  async #refuse(session: GateSession): Promise<void> {
    if (this.#refused.size >= MAX_REFUSED) return session.end();
    this.#refused.add(session);
    await this.#dismiss(session, TOO_MANY);
    this.#refused.delete(session);
  }

  async #dismiss(session: GateSession, why: LastWords): Promise<void> {
    // One of them did not even take the words that it was sent before.
    const isDeaf = session.isHttp2 || session.isDismissed ||
      !this.#canHear(session);
    if (isDeaf) return session.end();
    const { status, bytes } = why;
    const line = session.framing.begunLine;
    // Who connects ahead of a request that never comes has done nothing wrong.
    if (why !== TOO_LATE || line !== "") {
      this.#options.onServed?.(unreadRequest(session, { status, line }));
      if (why === TOO_LATE) this.#options.meter.failed("request-invalid");
    }
    await session.dismiss(bytes);
  }

  /** Before TLS is set up, no word of ours fits in. */
  #canHear(session: GateSession): boolean {
    return this.#options.secureContext === undefined ||
      session.secured?.isReady === true;
  }

  /** Looks after clients that take too long to ask. */
  #look = (): void => {
    const now = performance.now();
    const { headerTimeoutMs, idleTimeoutMs } = this.#options.limits;
    for (const session of this.#clients.keys()) {
      const owesSince = session.owesSince(now);
      // Bytes of HTTP/2 may be an answer to a ping instead of a request.
      const nextMs = session.isHttp2
        ? idleTimeoutMs || Infinity
        : headerTimeoutMs;
      const mayTakeMs = session.hasAsked ? nextMs : headerTimeoutMs;
      if (owesSince === undefined || now - owesSince < mayTakeMs) continue;
      void this.#dismiss(session, TOO_LATE);
    }
    if (this.#clients.size > 0) return;
    clearInterval(this.#looker);
    this.#looker = undefined;
  };
}

function keyOf(serverPort: number, port: number): number {
  return serverPort * PORTS + port;
}
