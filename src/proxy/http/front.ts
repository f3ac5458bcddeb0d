import type { SecureContext } from "node:tls";
import { type Clock, systemClock } from "../../base/time.ts";
import type { Balancer } from "../balancer.ts";
import type { Meter } from "../meter.ts";
import type { TcpEvent } from "../tcp/event.ts";
import { Gate } from "./gate.ts";
import type { GateLimits } from "./gate_options.ts";
import type { GateSession } from "./gate_session.ts";
import { InnerServer } from "./inner_server.ts";
import { Parting } from "./parting.ts";
import { type HttpLimits, HttpPlane } from "./plane.ts";
import { type Certificate, secureContextOf } from "./secured_client.ts";
import type { ServedRequest, UnreadRequest } from "./served_request.ts";

export type { Certificate };

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
  readonly onServed?: (served: ServedRequest | UnreadRequest) => void;
}

/** What an operator should hear of an HTTP port of the proxy. */
export type HttpEvent =
  | TcpEvent
  /** The HTTP server ended; another one is started. */
  | { readonly kind: "server-failed"; readonly error: unknown };

/** Looks at clients of HTTP/2 that were just connected before they are told to go all the same. */
const SETTLING_LOOKS = 4;

/**
 * One HTTP port: the gate, the HTTP servers behind it, and the plane that all
 * of them feed. Clients of HTTP/2 have a server of their own, since it can
 * tell them that they should go, and cuts others off by that.
 */
export class HttpFront {
  /** Resolves when nothing is accepted any more and the last connection is closed. */
  readonly finished: Promise<void>;
  #plane: HttpPlane;
  #gate: Gate;
  #parting = new Parting();
  #looks = 0;
  #server: InnerServer<GateSession>;
  #http2: InnerServer<GateSession> | undefined;
  #secureContext: SecureContext | undefined;

  constructor(options: HttpFrontOptions) {
    const { certificate, clock = systemClock, tell } = options;
    const isEncrypted = certificate !== undefined;
    const scheme = isEncrypted ? "https" : "http";
    this.#plane = new HttpPlane({ ...options, scheme });
    const start = () =>
      new InnerServer<GateSession>({
        clock,
        sessionAt: (serverPort, port) => this.#gate.sessionAt(serverPort, port),
        handle: (request, session) => this.#handle(request, session),
        onFailure: (error) => tell?.({ kind: "server-failed", error }),
        onEnded: () => this.#gate.tighten(),
      });
    if (isEncrypted) this.#secureContext = secureContextOf(certificate);
    this.#server = start();
    if (isEncrypted) this.#http2 = start();
    this.#gate = new Gate({
      ...options,
      ...(isEncrypted ? { secureContext: () => this.#secureContext } : {}),
      serverPort: (session) => this.#serverOf(session).port,
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
    this.#secureContext = secureContextOf(certificate);
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
    this.#sayGoodbye();
    this.#parting.look(this.#gate.sessions);
  }

  /** Accepts nothing more, and closes what is open. */
  end(): void {
    this.#gate.end();
  }

  async #finish(): Promise<void> {
    await this.#gate.finished;
    this.#plane.close();
    await Promise.all([this.#server.close(), this.#http2?.close()]);
  }

  /** A connection that the server has not accepted when it is told to end would be lost. */
  #sayGoodbye(): void {
    const isSettled = [...this.#gate.sessions].every((session) =>
      session.isSettled || !session.isHttp2
    );
    if (isSettled || ++this.#looks >= SETTLING_LOOKS) void this.#http2?.close();
  }

  #serverOf(session: GateSession): InnerServer<GateSession> {
    return session.isHttp2 && this.#http2 !== undefined
      ? this.#http2
      : this.#server;
  }

  #handle(request: Request, session: GateSession): Promise<Response> {
    session.arrived();
    return this.#plane.handle(request, session);
  }
}
