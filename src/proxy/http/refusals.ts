import type { Meter } from "../meter.ts";
import type { ClientSession } from "./client_session.ts";
import { failure } from "./failure.ts";
import type { RequestRefusal } from "./outbound.ts";
import type { ServedRequest, UnreadRequest } from "./served_request.ts";

/** Whom {@link Refusals} are told to. */
export interface RefusalsOptions {
  readonly meter: Meter;
  readonly onServed?: (served: ServedRequest | UnreadRequest) => void;
}

/** Answers what is not passed on; it is counted and logged like all the rest. */
export class Refusals {
  #options: RefusalsOptions;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** Refuses a request. */
  request(
    { status }: RequestRefusal,
    asked: Pick<ServedRequest, "request" | "method">,
    session: ClientSession,
  ): Response {
    const none = { bytes: 0, durationMs: 0, backend: undefined };
    const { address, isHttp2 } = session;
    this.#options.onServed?.({ ...asked, address, isHttp2, status, ...none });
    return this.#answer(status, session);
  }

  /** Refuses what the gate did not pass on. */
  unread(session: ClientSession): Response {
    const { status, line } = session.framing.refused ??
      { status: 400, line: "" };
    this.#options.onServed?.(unreadRequest(session, { status, line }));
    return this.#answer(status, session);
  }

  #answer(status: number, session: ClientSession): Response {
    this.#options.meter.failed("request-invalid");
    session.last();
    return failure(status, "request-invalid");
  }
}

/** What the log says of something that the proxy answered at once, without having read it. */
export function unreadRequest(
  { address, isHttp2 }: Pick<ClientSession, "address" | "isHttp2">,
  answered: Pick<UnreadRequest, "status" | "line">,
): UnreadRequest {
  return { ...answered, address, isHttp2, bytes: 0, durationMs: 0 };
}
