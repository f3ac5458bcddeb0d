import type { Balancer, Slot } from "../balancer.ts";
import type { Meter } from "../meter.ts";
import {
  BackendConnection,
  type ConnectionOwner,
} from "./backend_connection.ts";
import { Attempt } from "../tcp/attempt.ts";
import { isOutOfFiles } from "../tcp/file_pressure.ts";
import { BackendFault } from "./fault.ts";
import type { Failures } from "./failures.ts";
import type { Waiting } from "./pick_backend.ts";

/** How connections to backends are kept. */
export interface PoolOptions {
  readonly balancer: Balancer;
  readonly meter: Meter;
  readonly failures: Failures;
  /** Longest wait for a connection, milliseconds. */
  readonly connectTimeoutMs: number;
}

/** Idle connections that are kept to one backend. */
const MAX_IDLE = 256;

/** The connections to one backend. */
export class BackendPool implements ConnectionOwner {
  readonly slot: Slot;
  #options: PoolOptions;
  #idle: BackendConnection[] = [];
  #busy = new Set<BackendConnection>();
  #attempts = 0;

  constructor(slot: Slot, options: PoolOptions) {
    this.slot = slot;
    this.#options = options;
  }

  /** Whether nothing is open nor about to be. */
  get isEmpty(): boolean {
    return this.#idle.length === 0 && this.#busy.size === 0 &&
      this.#attempts === 0;
  }

  /**
   * Returns the connection that was used last, taken into use.
   *
   * @param freshAfter One that was not used since is left alone; monotonic milliseconds.
   */
  take(now: number, freshAfter: number): BackendConnection | undefined {
    const connection = this.#idle.at(-1);
    if (connection === undefined || connection.activeAt < freshAfter) {
      return undefined;
    }
    this.#idle.pop();
    if (connection.expiresAt < now) {
      connection.close();
      return undefined;
    }
    return this.#begin(connection, now);
  }

  /**
   * Opens a connection and takes it into use. It counts as work of the backend
   * from the start, so that nobody stops a backend that is being connected to.
   *
   * @param waiting For whom; it is given up with them.
   * @throws {BackendFault} When the backend cannot be reached in time.
   */
  async connect(waiting: Waiting): Promise<BackendConnection> {
    const { balancer, meter, connectTimeoutMs } = this.#options;
    const started = performance.now();
    const attempt = new Attempt();
    const timer = setTimeout(attempt.timeOut, connectTimeoutMs);
    using _ = waiting.onEnd(attempt.end);
    balancer.enter(this.slot, attempt);
    this.#attempts++;
    try {
      const { hostname, port } = this.slot.backend;
      const { signal } = attempt;
      const conn = await Deno.connect({ hostname, port, signal });
      conn.setNoDelay();
      balancer.succeeded(this.slot);
      const connection = new BackendConnection(conn, this);
      return this.#begin(connection, performance.now());
    } catch (error) {
      throw this.#blame(attempt, error);
    } finally {
      clearTimeout(timer);
      this.#attempts--;
      balancer.leave(this.slot, attempt);
      meter.connected((performance.now() - started) / 1000);
    }
  }

  released(connection: BackendConnection): void {
    this.#leave(connection);
    if (this.#idle.length >= MAX_IDLE || !this.#isInTurn) {
      connection.close();
      return;
    }
    this.#idle.push(connection);
  }

  closed(connection: BackendConnection): void {
    this.#leave(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  cutOff(fault: BackendFault): void {
    this.#options.failures.cutOff(fault);
  }

  /** Closes idle connections that are past their time, and what has been silent since `silentSince`. */
  sweep(now: number, silentSince: number): void {
    if (!this.#isInTurn) this.closeIdle();
    for (const connection of [...this.#idle]) {
      if (connection.expiresAt < now) connection.close();
    }
    for (const connection of [...this.#busy]) {
      if ((connection.silentSince ?? Infinity) >= silentSince) continue;
      connection.close(
        new BackendFault("backend-timeout", "The backend is silent"),
      );
    }
  }

  /** Closes all that is idle. */
  closeIdle(): void {
    for (const connection of [...this.#idle]) connection.close();
  }

  /** What is kept open to a backend that is out of turn only holds up its end. */
  get #isInTurn(): boolean {
    return this.#options.balancer.isInTurn(this.slot);
  }

  #blame(attempt: Attempt, error: unknown): BackendFault {
    if (isOutOfFiles(error)) {
      const why = "No descriptor is left for a connection";
      return new BackendFault("too-many-connections", why, error);
    }
    if (attempt.isEnded && !attempt.isLate) {
      return new BackendFault("connect-failed", "It was taken out", error);
    }
    const { balancer, failures } = this.#options;
    const fault = attempt.isLate
      ? new BackendFault("connect-timeout", "No connection in time", error)
      : new BackendFault("connect-failed", "Cannot connect", error);
    balancer.failed(this.slot);
    failures.dialFailed(this.slot.backend, fault);
    return fault;
  }

  #begin(connection: BackendConnection, now: number): BackendConnection {
    connection.begin(now);
    this.#busy.add(connection);
    this.#options.balancer.enter(this.slot, connection);
    return connection;
  }

  #leave(connection: BackendConnection): void {
    if (!this.#busy.delete(connection)) return;
    this.#options.balancer.leave(this.slot, connection);
  }
}
