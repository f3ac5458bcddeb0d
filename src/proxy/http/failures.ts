import { type Clock, systemClock } from "../../base/time.ts";
import type { Backend } from "../backend.ts";
import type { Meter } from "../meter.ts";
import { EventThrottle, type TcpEvent } from "../tcp/event.ts";
import { failure, statusOf } from "./failure.ts";
import { BackendFault, ClientFault } from "./fault.ts";

/** Whom {@link Failures} are told to. */
export interface FailuresOptions {
  readonly meter: Meter;
  readonly clock?: Clock;
  /** Hears of what an operator should know, each thing once a minute at most. */
  readonly tell?: (event: TcpEvent) => void;
}

/** Counts what fails on one HTTP port, each failure once, and tells of it. */
export class Failures {
  #meter: Meter;
  #events: EventThrottle;
  #counted = new WeakSet<BackendFault>();

  constructor({ meter, clock = systemClock, tell }: FailuresOptions) {
    this.#meter = meter;
    this.#events = new EventThrottle(clock, tell ?? (() => {}));
  }

  /** A backend could not be reached; the request may still be served by another one. */
  dialFailed(backend: Backend, fault: BackendFault): void {
    this.#meter.failed(fault.reason);
    this.#counted.add(fault);
    const error = fault.cause !== undefined && fault.reason === "connect-failed"
      ? fault.cause
      : fault;
    this.#events.tell({ kind: "connect-failed", backend, error });
  }

  /** An answer ended before its end: its head is out, so that no other one can be given. */
  cutOff({ reason }: BackendFault): void {
    this.#meter.failed(reason);
  }

  /**
   * Returns what a client is told when its request failed.
   *
   * @throws `error` itself when it is no fault of a backend or a client.
   */
  explain(error: unknown): Response {
    if (error instanceof ClientFault) {
      return failure(error.isLate ? 408 : 400, "request-invalid");
    }
    if (!(error instanceof BackendFault)) throw error;
    const { reason } = error;
    if (!this.#counted.has(error)) this.#meter.failed(reason);
    if (reason === "no-backend") this.#events.tell({ kind: reason });
    return failure(statusOf(reason), reason);
  }
}
