import { type Clock, systemClock } from "../base/time.ts";
import type { HttpServer, HttpServerOptions } from "./http_server.ts";
import type { Door, Handle } from "./message.ts";

/** What a client of the admin API may take. */
export interface AdminLimits {
  /** Clients of one door at once; one more waits until another leaves. */
  readonly maxConnections: number;
  /** For the head of a request, milliseconds. */
  readonly headMs: number;
  /** For the body of a request, milliseconds. */
  readonly bodyMs: number;
  readonly maxBodyBytes: number;
  /** For a client to take what it is sent, milliseconds. */
  readonly takeMs: number;
  /** How long open answers may last when dewy stops, milliseconds. */
  readonly closeMs: number;
}

/** The limits, unless a test has others. */
export const ADMIN_LIMITS: AdminLimits = {
  maxConnections: 64,
  headMs: 5_000,
  bodyMs: 10_000,
  maxBodyBytes: 64 * 1024,
  takeMs: 30_000,
  closeMs: 1_000,
};

/** Pause after a failed accept, such as for want of descriptors, milliseconds. */
const PAUSE_MS = 500;

/** What an {@link AdminListener} works with. */
export interface AdminListenerOptions {
  /** Open; the listener owns it from then on. */
  readonly listener: Pick<Deno.Listener, "accept" | "close">;
  readonly door: Door;
  readonly handle: Handle;
  readonly limits: AdminLimits;
  readonly onDefect: (error: unknown) => void;
  readonly clock?: Pick<Clock, "delay">;
}

/** Accepts clients of the admin API by one door, and serves them. */
export class AdminListener implements AsyncDisposable {
  #options: AdminListenerOptions;
  #clock: Pick<Clock, "delay">;
  #server: HttpServer | undefined;
  #clients = new Set<Promise<void>>();
  /** No more is accepted, and answers without an end have to end. */
  #closing = new AbortController();
  /** What is open is closed. */
  #cutting = new AbortController();
  /** Ends the wait for room. */
  #wake: () => void = () => {};
  #running: Promise<void>;

  constructor(options: AdminListenerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return await this.#running;
    this.#closing.abort();
    this.#wake();
    this.#options.listener.close();
    await this.#running;
    const patience = new AbortController();
    const ended = Promise.all(this.#clients);
    await Promise.race([
      ended,
      this.#clock.delay(this.#options.limits.closeMs, patience.signal),
    ]);
    patience.abort();
    this.#cutting.abort();
    await ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (this.#clients.size >= this.#options.limits.maxConnections) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      try {
        this.#serve(await this.#options.listener.accept());
      } catch {
        // It was closed, or there is no descriptor left: then another try is due.
        await this.#clock.delay(PAUSE_MS, signal);
      }
    }
  }

  #serve(connection: Deno.Conn): void {
    const client = this.#exchange(connection);
    this.#clients.add(client);
    void client.finally(() => {
      this.#clients.delete(client);
      this.#wake();
    });
  }

  async #exchange(connection: Deno.Conn): Promise<void> {
    try {
      this.#server ??= await this.#open();
    } catch (error) {
      connection.close();
      this.#options.onDefect(error);
      return;
    }
    await this.#server.serve(connection, this.#cutting.signal);
  }

  /** Loaded for the first client: most hosts never have one. */
  async #open(): Promise<HttpServer> {
    const { HttpServer } = await import("./http_server.ts");
    const { limits, ...options } = this.#options;
    const settings: HttpServerOptions = {
      ...limits,
      ...options,
      signal: this.#closing.signal,
    };
    return new HttpServer(settings);
  }
}
