import type { Clock } from "../../base/time.ts";
import type { Backend } from "../backend.ts";

/** What an operator should hear of a TCP port of the proxy. */
export type TcpEvent =
  /** No connection can be accepted at present. */
  | { readonly kind: "accept-failed"; readonly error: unknown }
  /** A client came, and there was no backend to send it to. */
  | { readonly kind: "no-backend" }
  /** A client came, and as many are connected as may be. */
  | { readonly kind: "too-many-connections"; readonly limit: number }
  | {
    readonly kind: "connect-failed";
    readonly backend: Backend;
    readonly error: unknown;
  };

const QUIET_MS = 60_000;

/** Passes events on, each kind for each backend once a minute at most. */
export class EventThrottle {
  #clock: Pick<Clock, "now">;
  #tell: (event: TcpEvent) => void;
  #toldAt = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">, tell: (event: TcpEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  tell(event: TcpEvent): void {
    const now = this.#clock.now();
    const key = event.kind === "connect-failed"
      ? `${event.kind} ${event.backend.id}`
      : event.kind;
    const toldAt = this.#toldAt.get(key);
    if (toldAt !== undefined && now - toldAt < QUIET_MS) return;
    this.#forget(now);
    this.#toldAt.set(key, now);
    this.#tell(event);
  }

  /** Backends come and go; what was told of those that went is not kept. */
  #forget(now: number): void {
    for (const [key, toldAt] of this.#toldAt) {
      if (now - toldAt >= QUIET_MS) this.#toldAt.delete(key);
    }
  }
}
