import type { Slot } from "../balancer.ts";
import { Attempt } from "../tcp/attempt.ts";
import type { Failures } from "./failures.ts";
import { BackendFault, ClientFault } from "./fault.ts";
import type { ClientSession } from "./client_session.ts";
import { RequestRefusal } from "./outbound.ts";
import type { Refusals } from "./refusals.ts";
import { MAX_REPEATS, pickBackend } from "./pick_backend.ts";
import type { HttpPlaneOptions } from "./plane.ts";
import { WebSocketCall } from "./websocket_call.ts";
import { ask, bodyOf, connectTo, type DialAnswer } from "./websocket_dial.ts";
import { Relay } from "./websocket_relay.ts";
import { type Handshake, handshakeOf } from "./websocket_request.ts";

interface Answered<Kind extends DialAnswer["kind"]> {
  readonly slot: Slot;
  /** Counts as work of the backend until something else does. */
  readonly attempt: Attempt;
  readonly answer: Extract<DialAnswer, { readonly kind: Kind }>;
}

/** What one WebSocket is, and what is to be told of it. */
interface Opening {
  readonly request: Request;
  readonly session: ClientSession;
  readonly call: WebSocketCall;
  /** Called once at the end. */
  readonly over: (status: number, bytes: number, slot?: Slot) => void;
}

/**
 * Passes WebSockets on to backends (RFC 6455). The backend is asked first: the
 * client gets what it answered, be it a WebSocket or not.
 */
export class WebSocketPlane {
  #options: HttpPlaneOptions;
  #failures: Failures;
  #refusals: Refusals;

  constructor(
    options: HttpPlaneOptions,
    { failures, refusals }: {
      readonly failures: Failures;
      readonly refusals: Refusals;
    },
  ) {
    this.#options = options;
    this.#failures = failures;
    this.#refusals = refusals;
  }

  /** Serves one handshake; it never rejects for a fault of a backend or a client. */
  async open(request: Request, session: ClientSession): Promise<Response> {
    const { address, serverPort } = session;
    const { scheme, isTrusted } = this.#options;
    const client = {
      address,
      scheme,
      isTrusted: isTrusted(address),
      isHttp2: false,
      serverPort,
    };
    const handshake = handshakeOf(request, client);
    if (handshake instanceof RequestRefusal) {
      return this.#refuseUnasked(handshake, request, session);
    }
    const opening = this.#begin(request, session);
    try {
      const answered = await this.#askAny(handshake, opening.call);
      return answered.answer.kind === "accepted"
        ? this.#join(opening, { ...answered, answer: answered.answer })
        : this.#refuse(opening, { ...answered, answer: answered.answer });
    } catch (error) {
      const response = this.#failures.explain(error);
      opening.over(response.status, 0);
      return response;
    }
  }

  /** Refuses what no backend was asked for. */
  #refuseUnasked(
    why: RequestRefusal,
    request: Request,
    session: ClientSession,
  ): Response {
    const { method } = request;
    const response = this.#refusals.request(why, { request, method }, session);
    if (why.status === 426) response.headers.set("sec-websocket-version", "13");
    return response;
  }

  #begin(request: Request, session: ClientSession): Opening {
    const { onServed } = this.#options;
    const { address, isHttp2 } = session;
    const { method } = request;
    const served = { request, method, isHttp2, address };
    const startedAt = performance.now();
    const call = new WebSocketCall(session);
    const over: Opening["over"] = (status, bytes, slot) => {
      call.over();
      const durationMs = performance.now() - startedAt;
      const backend = slot?.backend.id;
      onServed?.({ ...served, status, bytes, durationMs, backend });
    };
    return { request, session, call, over };
  }

  async #askAny(
    handshake: Handshake,
    call: WebSocketCall,
  ): Promise<Answered<DialAnswer["kind"]>> {
    const { balancer, limits: { holdMs } } = this.#options;
    const tried = new Set<Slot>();
    let last: BackendFault | undefined;
    let repeats = 0;
    for (;;) {
      const slot = await pickBackend(balancer, tried, {
        holdMs,
        waiting: call,
      });
      if (call.isEnded) throw new ClientFault("The client left");
      if (slot === undefined) throw last ?? BackendFault.none();
      tried.add(slot);
      try {
        return await this.#ask(slot, handshake, call);
      } catch (error) {
        if (!(error instanceof BackendFault)) throw error;
        // A GET may be sent again when nobody knows whether it was carried out.
        const mayRepeat = error.reason.startsWith("connect-") ||
          error.reason === "backend-closed" && repeats++ < MAX_REPEATS;
        if (!mayRepeat && !call.isEnded) throw error;
        last = error;
      }
    }
  }

  async #ask(
    slot: Slot,
    handshake: Handshake,
    call: WebSocketCall,
  ): Promise<Answered<DialAnswer["kind"]>> {
    const { balancer, limits: { idleTimeoutMs } } = this.#options;
    const attempt = new Attempt();
    balancer.enter(slot, attempt);
    using _ = call.onEnd(attempt.end);
    try {
      const connection = await this.#connect(slot, attempt);
      const answer = await ask(connection, handshake, {
        attempt,
        answerTimeoutMs: idleTimeoutMs,
      });
      return { slot, attempt, answer };
    } catch (error) {
      balancer.leave(slot, attempt);
      throw error;
    }
  }

  async #connect(slot: Slot, attempt: Attempt): ReturnType<typeof connectTo> {
    const { balancer, meter, limits: { connectTimeoutMs } } = this.#options;
    const startedAt = performance.now();
    try {
      const connection = await connectTo(
        slot.backend,
        attempt,
        connectTimeoutMs,
      );
      balancer.succeeded(slot);
      return connection;
    } catch (error) {
      const isBlamed = error instanceof BackendFault &&
        error.reason.startsWith("connect-");
      // One that was told to end says nothing about the backend.
      if (isBlamed && (!attempt.isEnded || attempt.isLate)) {
        balancer.failed(slot);
        this.#failures.dialFailed(slot.backend, error);
      }
      throw error;
    } finally {
      meter.connected((performance.now() - startedAt) / 1000);
    }
  }

  #join(opening: Opening, answered: Answered<"accepted">): Response {
    const { slot, attempt, answer: { socket, headers } } = answered;
    const { request, session, call, over } = opening;
    const { balancer } = this.#options;
    try {
      // The gate looks after silence, of both sides.
      const options = { idleTimeout: 0 };
      const upgraded = Deno.upgradeWebSocket(request, options);
      const relay = new Relay({
        client: upgraded.socket,
        backend: socket,
        session,
        onOver: (bytes) => {
          balancer.leave(slot, relay);
          over(101, bytes, slot);
        },
      });
      balancer.enter(slot, relay);
      call.onEnd(() => relay.abort());
      call.opened();
      session.upgraded();
      const { response } = upgraded;
      for (const [name, value] of headers) response.headers.append(name, value);
      return response;
    } catch (error) {
      socket.terminate();
      over(500, 0, slot);
      throw error;
    } finally {
      balancer.leave(slot, attempt);
    }
  }

  #refuse(opening: Opening, answered: Answered<"refused">): Response {
    const { slot, attempt, answer } = answered;
    const { status, headers, message } = answer;
    const { balancer } = this.#options;
    const stop = () => message.destroy();
    let bytes = 0;
    opening.call.onEnd(stop);
    attempt.signal.addEventListener("abort", stop, { once: true });
    const body = bodyOf(answer, {
      onBytes: (count) => {
        bytes += count;
      },
      onOver: () => {
        balancer.leave(slot, attempt);
        opening.over(status, bytes, slot);
      },
    });
    return new Response(body, { status, headers });
  }
}
