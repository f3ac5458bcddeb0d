import type { Balancer, Slot } from "../balancer.ts";
import type { BackendAnswer, BackendConnection } from "./backend_connection.ts";
import { BackendPool } from "./backend_pool.ts";
import { Call } from "./call.ts";
import { exchange } from "./exchange.ts";
import { withoutBody } from "./failure.ts";
import { Failures, type FailuresOptions } from "./failures.ts";
import { BackendFault, ClientFault } from "./fault.ts";
import type { ClientSession } from "./client_session.ts";
import { clientMethod } from "./inner_method.ts";
import { outboundHead, RequestRefusal } from "./outbound.ts";
import { MAX_REPEATS, pickBackend } from "./pick_backend.ts";
import { RequestBody } from "./request_body.ts";
import { type Answered, RESET_CONTENT, respond } from "./respond.ts";
import { Refusals, type RefusalsOptions } from "./refusals.ts";
import { hidesBody } from "./stream_mark.ts";
import { WebSocketPlane } from "./websocket.ts";
import { isUpgrade } from "./websocket_request.ts";

/** What an {@link HttpPlane} allows. */
export interface HttpLimits {
  /** How long one backend may take to answer a connection, milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long nothing may move on a connection, milliseconds; 0 for ever. */
  readonly idleTimeoutMs: number;
  /** How long a client may pause in the body of a request, milliseconds. */
  readonly bodyTimeoutMs: number;
  /** How long a request waits for a first backend, milliseconds; 0 not at all. */
  readonly holdMs: number;
}

/** What an {@link HttpPlane} works with. */
export interface HttpPlaneOptions extends FailuresOptions, RefusalsOptions {
  readonly balancer: Balancer;
  readonly scheme: "http" | "https";
  readonly limits: HttpLimits;
  /** Whether a peer of this address is believed about the hops before it. */
  readonly isTrusted: (address: string) => boolean;
}

const SWEEP_MS = 1_000;
/** A request that must not be sent twice gets a kept connection only when it was used this recently, milliseconds. */
const FRESH_MS = 500;
/** Methods that may be sent again when nobody knows whether they were carried out (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Passes the HTTP requests of one port on to backends. */
export class HttpPlane {
  #options: HttpPlaneOptions;
  #failures: Failures;
  #refusals: Refusals;
  #webSockets: WebSocketPlane;
  #pools = new Map<Slot, BackendPool>();
  /** Requests whose bodies are on their way. */
  #uploads = new Set<Call>();
  #isParting = false;
  #sweeper: ReturnType<typeof setInterval> | undefined;

  constructor(options: HttpPlaneOptions) {
    this.#options = options;
    this.#failures = new Failures(options);
    this.#refusals = new Refusals(options);
    const told = { failures: this.#failures, refusals: this.#refusals };
    this.#webSockets = new WebSocketPlane(options, told);
  }

  /** Serves one request; it never rejects for a fault of a backend or a client. */
  async handle(request: Request, session: ClientSession): Promise<Response> {
    this.#options.meter.requested();
    const answer = await this.#answer(request, session);
    const isHead = session.isHttp2 && request.method === "HEAD";
    const response = isHead ? withoutBody(answer) : answer;
    // A WebSocket is told in its own way.
    if (this.#isParting && response.status !== 101) {
      response.headers.set("connection", "close");
    }
    return response;
  }

  /** Tells every client with its next answer that it is the last one on this connection. */
  part(): void {
    this.#isParting = true;
  }

  async #answer(request: Request, session: ClientSession): Promise<Response> {
    if (isUpgrade(request)) return this.#webSockets.open(request, session);
    const { address, isHttp2 } = session;
    const method = clientMethod(request.method, isHttp2);
    if (method === undefined) return this.#refuseInner(request, session);
    const { scheme, isTrusted, onServed } = this.#options;
    const { serverPort } = session;
    const client = {
      address,
      scheme,
      isTrusted: isTrusted(address),
      isHttp2,
      serverPort,
    };
    const served = { request, method, isHttp2, address };
    // Before anything is waited for: the platform shows no headers of a request that is given up.
    const out = outboundHead(request, client, method);
    const head = isHttp2 && await this.#hidesBody(request, session)
      ? new RequestRefusal(400, "a body")
      : out;
    if (head instanceof RequestRefusal) {
      return this.#refusals.request(head, served, session);
    }
    const body = head.body === undefined || request.body === null
      ? undefined
      : new RequestBody(request.body, head.body, {
        isReplayable: IDEMPOTENT.has(head.method),
      });
    const startedAt = performance.now();
    let status = 0;
    let backend: string | undefined;
    const call = new Call(session, head, body, (bytes) => {
      this.#uploads.delete(call);
      if (onServed === undefined) return;
      const durationMs = performance.now() - startedAt;
      onServed({ ...served, status, bytes, durationMs, backend });
    });
    if (body !== undefined) this.#uploads.add(call);
    // One of the streams of HTTP/2 may end alone, which the gate cannot see.
    if (isHttp2) {
      const { signal } = request;
      signal.addEventListener("abort", () => call.abort(), { once: true });
      if (signal.aborted) void call.abort();
    }
    try {
      const answered = await this.#serve(call);
      status = answered.answer.head.status;
      backend = answered.slot.backend.id;
      // The server gives it no length: to a client the end of the connection is the end of the answer.
      if (status === RESET_CONTENT) session.last();
      return respond(answered, call);
    } catch (error) {
      try {
        const response = this.#failures.explain(error);
        status = response.status;
        if (error instanceof ClientFault) session.last();
        return response;
      } finally {
        call.over(0);
      }
    }
  }

  #hidesBody(request: Request, session: ClientSession): Promise<boolean> {
    const { bodyTimeoutMs } = this.#options.limits;
    return hidesBody(request, session.frames.streams, bodyTimeoutMs);
  }

  #refuseInner(request: Request, session: ClientSession): Response {
    if (!session.isHttp2) return this.#refusals.unread(session);
    const { method } = request;
    const why = new RequestRefusal(400, "method");
    return this.#refusals.request(why, { request, method }, session);
  }

  /** Closes what is kept open for later. */
  close(): void {
    for (const pool of this.#pools.values()) pool.closeIdle();
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  async #serve(call: Call): Promise<Answered> {
    const { head, body } = call;
    const isIdempotent = IDEMPOTENT.has(head.method);
    const { balancer, limits: { holdMs } } = this.#options;
    const tried = new Set<Slot>();
    let last: BackendFault | undefined;
    let repeats = 0;
    for (;;) {
      // Without a pause in between nobody can take the backend out unseen.
      const slot = balancer.pick(tried) ??
        await pickBackend(balancer, tried, { holdMs, waiting: call });
      call.check();
      if (slot === undefined) throw last ?? BackendFault.none();
      const pool = this.#poolOf(slot);
      const now = performance.now();
      const kept = last === undefined
        ? pool.take(now, isIdempotent ? -Infinity : now - FRESH_MS)
        : undefined;
      if (kept === undefined) tried.add(slot);
      try {
        const connection = kept ?? await pool.connect(call);
        const answer = await this.#attempt(connection, call);
        return { answer, connection, slot };
      } catch (error) {
        if (!(error instanceof BackendFault)) throw error;
        const wasSent = !error.reason.startsWith("connect-");
        const mayRepeat = !wasSent ||
          isIdempotent && error.reason === "backend-closed" &&
            repeats++ < MAX_REPEATS;
        if (!mayRepeat || body?.canStart === false) throw error;
        last = error;
      }
    }
  }

  async #attempt(
    connection: BackendConnection,
    call: Call,
  ): Promise<BackendAnswer> {
    try {
      call.use(connection);
      const answer = await exchange(connection, call.head, call.body);
      if (answer !== undefined) return answer;
    } catch (error) {
      connection.close();
      throw error;
    }
    connection.close();
    throw new BackendFault("backend-closed", "The backend left without a word");
  }

  #poolOf(slot: Slot): BackendPool {
    let pool = this.#pools.get(slot);
    if (pool === undefined) {
      const { balancer, meter, limits: { connectTimeoutMs } } = this.#options;
      const failures = this.#failures;
      const options = { balancer, meter, failures, connectTimeoutMs };
      pool = new BackendPool(slot, options);
      this.#pools.set(slot, pool);
      this.#sweeper ??= setInterval(this.#sweep, SWEEP_MS);
    }
    return pool;
  }

  #sweep = (): void => {
    const now = performance.now();
    const { idleTimeoutMs, bodyTimeoutMs } = this.#options.limits;
    const silentSince = idleTimeoutMs === 0 ? -Infinity : now - idleTimeoutMs;
    for (const [slot, pool] of this.#pools) {
      pool.sweep(now, silentSince);
      if (pool.isEmpty) this.#pools.delete(slot);
    }
    for (const call of this.#uploads) {
      const since = call.body?.waitingSince ?? now;
      if (since >= now - bodyTimeoutMs) continue;
      call.end(new ClientFault("The client paused too long", { isLate: true }));
    }
    if (this.#pools.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  };
}
