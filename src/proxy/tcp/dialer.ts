import type { Clock } from "../../base/time.ts";
import type { Backend } from "../backend.ts";
import type { Balancer, Slot } from "../balancer.ts";
import type { Meter } from "../meter.ts";
import { Attempt } from "./attempt.ts";
import type { EventThrottle } from "./event.ts";
import type { FilePressure } from "./file_pressure.ts";
import { isOutOfFiles } from "./file_pressure.ts";

/** A backend that answered. */
export interface Dialed {
  readonly connection: Deno.TcpConn;
  readonly slot: Slot;
  /** Counts as work of the backend until the caller takes it out, having put in what follows. */
  readonly attempt: Attempt;
}

/** What a {@link Dialer} works with. */
export interface DialerOptions {
  readonly balancer: Balancer;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly events: EventThrottle;
  readonly pressure: FilePressure;
  /** For one backend, milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long a client waits for a first backend, milliseconds. */
  readonly holdMs: number;
}

/**
 * Finds a backend that answers. Nothing was read from the client before, so
 * that the next one can always be tried.
 */
export class Dialer {
  #options: DialerOptions;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /**
   * Connects to the backend whose turn it is, or else to the next ones.
   *
   * @param greeting Sent to the backend before anything else.
   * @returns `undefined` when none answers, there is none, or `signal` is aborted.
   */
  async dial(
    signal: AbortSignal,
    greeting?: Uint8Array,
  ): Promise<Dialed | undefined> {
    const { balancer } = this.#options;
    let tried: Set<Slot> | undefined;
    while (!signal.aborted) {
      const slot = balancer.pick(tried);
      if (slot !== undefined) {
        const dialed = await this.#try(slot, signal, greeting);
        if (dialed !== undefined) return dialed;
        tried = (tried ?? new Set()).add(slot);
      } else if (balancer.pick() !== undefined || !await this.#hold(signal)) {
        return undefined;
      }
    }
    return undefined;
  }

  /** Returns whether there is a backend now. */
  async #hold(signal: AbortSignal): Promise<boolean> {
    const { balancer, clock, events, holdMs, meter } = this.#options;
    if (holdMs > 0) {
      const over = new AbortController();
      const end = () => over.abort();
      signal.addEventListener("abort", end, { once: true });
      const timer = clock.delay(holdMs, over.signal).then(end);
      await balancer.arrival(over.signal);
      const hasBackend = !over.signal.aborted;
      signal.removeEventListener("abort", end);
      end();
      await timer;
      if (hasBackend) return true;
    }
    meter.failed("no-backend");
    events.tell({ kind: "no-backend" });
    return false;
  }

  async #try(
    slot: Slot,
    signal: AbortSignal,
    greeting: Uint8Array | undefined,
  ): Promise<Dialed | undefined> {
    const { balancer, connectTimeoutMs } = this.#options;
    const attempt = new Attempt();
    const timer = setTimeout(attempt.timeOut, connectTimeoutMs);
    signal.addEventListener("abort", attempt.end);
    balancer.enter(slot, attempt);
    try {
      const connection = await this.#connect(slot.backend, attempt, greeting);
      balancer.succeeded(slot);
      return { connection, slot, attempt };
    } catch (error) {
      balancer.leave(slot, attempt);
      this.#blame(slot, attempt, error);
      return undefined;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", attempt.end);
    }
  }

  async #connect(
    backend: Backend,
    attempt: Attempt,
    greeting: Uint8Array | undefined,
  ): Promise<Deno.TcpConn> {
    const { pressure } = this.#options;
    for (;;) {
      try {
        const connection = await this.#open(backend, attempt);
        return await greet(connection, greeting);
      } catch (error) {
        if (!isOutOfFiles(error)) throw error;
        await pressure.pause(error, attempt.signal);
        if (attempt.isEnded) throw error;
      }
    }
  }

  async #open(
    { hostname, port }: Backend,
    { signal }: Attempt,
  ): Promise<Deno.TcpConn> {
    const startedAt = performance.now();
    try {
      return await Deno.connect({ hostname, port, signal });
    } finally {
      const { meter } = this.#options;
      meter.connected((performance.now() - startedAt) / 1000);
    }
  }

  #blame(slot: Slot, attempt: Attempt, error: unknown): void {
    if (attempt.isEnded && !attempt.isLate) return;
    const { balancer, connectTimeoutMs, events, meter } = this.#options;
    meter.failed(attempt.isLate ? "connect-timeout" : "connect-failed");
    if (isOutOfFiles(error)) return;
    balancer.failed(slot);
    const why = attempt.isLate
      ? new Error(`No answer in ${connectTimeoutMs} ms`)
      : error;
    events.tell({ kind: "connect-failed", backend: slot.backend, error: why });
  }
}

async function greet(
  connection: Deno.TcpConn,
  greeting: Uint8Array | undefined,
): Promise<Deno.TcpConn> {
  try {
    connection.setNoDelay();
    if (greeting === undefined) return connection;
    // The buffer of a new connection takes the few bytes at once.
    const written = await connection.write(greeting);
    if (written === greeting.length) return connection;
    throw new Error("The PROXY header was not taken at once");
  } catch (error) {
    connection.close();
    throw error;
  }
}
