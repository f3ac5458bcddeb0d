import type { SecureContext } from "node:tls";
import type { Clock } from "../../base/time.ts";
import type { Meter } from "../meter.ts";
import type { TcpEvent } from "../tcp/event.ts";
import type { GateSession } from "./gate_session.ts";
import type { UnreadRequest } from "./served_request.ts";

/** What a gate allows. */
export interface GateLimits {
  /** Clients at once; one more is sent away. */
  readonly maxConnections: number;
  /** How long a client may take for the head of a request, milliseconds. */
  readonly headerTimeoutMs: number;
  /** How long nothing may move on a connection, milliseconds; 0 for ever. */
  readonly idleTimeoutMs: number;
}

/** What a gate works with. */
export interface GateOptions {
  /** Open; the gate owns it from then on. */
  readonly listener: Deno.TcpListener;
  readonly limits: GateLimits;
  readonly meter: Meter;
  /** Port of the HTTP server behind it, on the loopback address. */
  readonly serverPort: (session: GateSession) => number;
  /** What TLS is ended with, if clients speak it. */
  readonly secureContext?: () => SecureContext | undefined;
  readonly clock?: Clock;
  readonly tell?: (event: TcpEvent) => void;
  /** Told of clients that were answered without a request. */
  readonly onServed?: (served: UnreadRequest) => void;
  /** Called when a client has left. */
  readonly onLeft?: () => void;
}
