import { type Clock, systemClock } from "../../base/time.ts";
import type { Balancer } from "../balancer.ts";
import type { Meter } from "../meter.ts";
import type { TcpEvent } from "../tcp/event.ts";
import { isOutOfFiles } from "../tcp/file_pressure.ts";
import { failure } from "./failure.ts";
import { BackendFault, ClientFault } from "./fault.ts";
import { Gate, type GateLimits } from "./gate.ts";
import { Parting } from "./parting.ts";
import { type HttpLimits, HttpPlane, type ServedRequest } from "./plane.ts";

/** A certificate chain and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What an {@link HttpFront} works with. */
export interface HttpFrontOptions {
  /** Open; the front owns it from then on. */
  readonly listener: Deno.TcpListener;
  readonly balancer: Balancer;
  readonly meter: Meter;
  readonly limits: HttpLimits & GateLimits;
  readonly certificate?: Certificate;
  readonly isTrusted: (address: string) => boolean;
  readonly clock?: Clock;
  /** Hears of what an operator should know. */
  readonly tell?: (event: HttpEvent) => void;
  readonly onServed?: (served: ServedRequest) => void;
}

/** What an operator should hear of an HTTP port of the proxy. */
export type HttpEvent =
  | TcpEvent
  /** The HTTP server ended; another one is started. */
  | { readonly kind: "server-failed"; readonly error: unknown };

type Server = Deno.HttpServer<Deno.NetAddr>;

const RESTART_MS = 100;
/** Where the HTTP server listens, and the gate connects from. */
const LOOPBACK = "127.0.0.1";

/**
 * One HTTP port: the gate, the HTTP server behind it, and the plane that both
 * feed. The HTTP server refuses with 400 a head of more than 64 KiB (request
 * line and headers together) and more than 128 headers over HTTP/1.1; these
 * bounds of `Deno.serve` 2.9.6 cannot be set. It reads a bare line feed in a
 * head as the end of a line (RFC 9112, 2.2); backends always get both characters.
 */
export class HttpFront {
  /** Resolves when nothing is accepted any more and the last connection is closed. */
  readonly finished: Promise<void>;
  #options: HttpFrontOptions;
  #clock: Clock;
  #plane: HttpPlane;
  #gate: Gate;
  #parting: Parting;
  #server: Server;
  /** Servers with the certificates of before, while clients are connected to them. */
  #former = new Set<Server>();
  #retiring = new Set<Promise<void>>();
  #closed = new AbortController();

  constructor(options: HttpFrontOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { certificate } = options;
    const isEncrypted = certificate !== undefined;
    this.#parting = new Parting(isEncrypted);
    const scheme = isEncrypted ? "https" : "http";
    this.#plane = new HttpPlane({ ...options, scheme });
    this.#server = this.#serve(certificate);
    this.#gate = new Gate({
      ...options,
      isEncrypted,
      serverPort: () => this.#server.addr.port,
      onLeft: () => this.#retireFormer(),
    });
    this.finished = this.#finish();
  }

  /** Clients that are connected. */
  get connections(): number {
    return this.#gate.connections;
  }

  /**
   * Uses another certificate for connections from now on; the open ones go on.
   *
   * @throws When certificate and key cannot be used.
   */
  renew(certificate: Certificate): void {
    const server = this.#serve(certificate);
    // It would close idle connections, perhaps just when a client uses one.
    this.#former.add(this.#server);
    this.#server = server;
    this.#retireFormer();
  }

  /** Accepts nothing more; what is open goes on. */
  close(): void {
    this.#gate.close();
  }

  /** Answers that clients have not had in full. */
  get underWay(): number {
    const owed = [...this.#gate.sessions].map((session) => session.owed);
    return owed.reduce((sum, count) => sum + count, 0);
  }

  /** Has clients leave: answers are their last ones, what is idle is closed; to be called now and then after {@link close}. */
  part(): void {
    this.#plane.part();
    this.#parting.look(this.#gate.sessions);
  }

  /** Accepts nothing more, and closes what is open. */
  end(): void {
    this.#gate.end();
  }

  async #finish(): Promise<void> {
    await this.#gate.finished;
    this.#closed.abort();
    this.#plane.close();
    this.#retireFormer();
    this.#retire(this.#server);
    await Promise.all(this.#retiring);
  }

  #serve(certificate: Certificate | undefined): Server {
    const server: Server = Deno.serve({
      hostname: LOOPBACK,
      port: 0,
      onListen: () => {},
      onError: (error) => this.#explain(error),
      ...certificate,
    }, (request, { remoteAddr }) => {
      const { port } = server.addr;
      // Another address of this host may use the same port.
      const session = remoteAddr.hostname === LOOPBACK
        ? this.#gate.sessionAt(port, remoteAddr.port)
        : undefined;
      // Somebody on this host tried the door behind the gate.
      if (session === undefined) return failure(403, "request-invalid");
      return this.#plane.handle(request, session);
    });
    void this.#watch(server, certificate);
    return server;
  }

  /** Starts another server when this one ends by itself, as it does without descriptors. */
  async #watch(
    server: Server,
    certificate: Certificate | undefined,
  ): Promise<void> {
    try {
      await server.finished;
    } catch (error) {
      this.#options.tell?.({ kind: "server-failed", error });
      this.#gate.tighten();
      while (!await this.#restart(server, certificate));
    }
  }

  /** Ends the servers that nobody is connected to any more. */
  #retireFormer(): void {
    for (const server of this.#former) {
      if (this.#gate.isServedBy(server.addr.port)) continue;
      this.#former.delete(server);
      this.#retire(server);
    }
  }

  /** Whether there is nothing more to start. */
  async #restart(
    server: Server,
    certificate: Certificate | undefined,
  ): Promise<boolean> {
    await this.#clock.delay(RESTART_MS, this.#closed.signal);
    if (this.#server !== server || this.#closed.signal.aborted) return true;
    try {
      this.#server = this.#serve(certificate);
      return true;
    } catch (error) {
      if (isOutOfFiles(error)) return false;
      throw error;
    }
  }

  #retire(server: Server): void {
    const retiring = shutDown(server);
    this.#retiring.add(retiring);
    void retiring.finally(() => this.#retiring.delete(retiring));
  }

  /** The head of an answer is out already when its body fails: the connection is cut, which tells the client. */
  #explain(error: unknown): Response {
    const isKnown = error instanceof BackendFault ||
      error instanceof ClientFault;
    if (!isKnown) this.#options.tell?.({ kind: "server-failed", error });
    return failure(502, "backend-closed");
  }
}

/** Ends a server when its last answer is given, also one that ended by itself. */
async function shutDown(server: Server): Promise<void> {
  try {
    await server.shutdown();
    await server.finished;
  } catch {
    // Whoever watches it has been told.
  }
}
