import type { Clock } from "../../base/time.ts";
import type { Session } from "../balancer.ts";
import type { Meter } from "../meter.ts";
import { Flow } from "./flow.ts";

/** How long the two ends may take to close once they were told to, milliseconds. */
const GRACE_MS = 1_000;

/** What a {@link TcpSession} works with. */
export interface TcpSessionOptions {
  readonly clock: Clock;
  readonly meter: Meter;
}

/** A client and a backend that talk; it owns both connections from its start on. */
export class TcpSession implements Session {
  #clock: Clock;
  #meter: Meter;
  #client: Deno.TcpConn;
  #backend: Deno.TcpConn;
  #up: Flow;
  #down: Flow;
  #isClosed = false;
  #grace = new AbortController();
  #ending: Promise<void> | undefined;

  constructor(
    client: Deno.TcpConn,
    backend: Deno.TcpConn,
    options: TcpSessionOptions,
  ) {
    this.#clock = options.clock;
    this.#meter = options.meter;
    this.#client = client;
    this.#backend = backend;
    this.#up = new Flow(client, backend);
    this.#down = new Flow(backend, client);
  }

  /** Grows whenever bytes move in either direction. */
  get progress(): number {
    return this.#up.progress + this.#down.progress;
  }

  /** Resolves when both directions have ended, and both connections are closed. */
  async run(): Promise<void> {
    this.#tune();
    await Promise.all([this.#pass(this.#up), this.#pass(this.#down)]);
    this.#close();
    await this.#ending;
  }

  /**
   * Tells both ends that nothing more will come, and closes the connections
   * when they agree or a grace time is over. What is unread then resets them.
   */
  end(): void {
    if (this.#isClosed) return;
    this.#ending ??= this.#end();
  }

  #tune(): void {
    try {
      this.#client.setNoDelay();
      for (const end of [this.#client, this.#backend]) end.setKeepAlive();
    } catch {
      // The client is gone already, which the first read tells as well.
    }
  }

  async #end(): Promise<void> {
    const ends = [this.#shut(this.#up), this.#shut(this.#down)];
    await Promise.all(ends);
    await this.#clock.delay(GRACE_MS, this.#grace.signal);
    this.#close();
  }

  async #shut(flow: Flow): Promise<void> {
    try {
      await flow.end();
    } catch {
      // It is broken already, which the flow itself finds out as well.
      this.#close();
    }
  }

  async #pass(flow: Flow): Promise<void> {
    try {
      await flow.run();
    } catch {
      // A connection that broke, or was closed for the failure of the other
      // direction, is the end of the session, not a fault of the proxy.
      this.#close();
    } finally {
      this.#meter.transferred(flow.bytes);
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#client.close();
    this.#backend.close();
    this.#grace.abort();
  }
}
