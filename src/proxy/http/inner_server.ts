import type { Clock } from "../../base/time.ts";
import { isOutOfFiles } from "../tcp/file_pressure.ts";
import { failure } from "./failure.ts";
import { BackendFault, ClientFault } from "./fault.ts";
import { LOOPBACK } from "./server_dial.ts";

/** What an {@link InnerServer} works with. */
export interface InnerServerOptions<Session> {
  readonly clock: Clock;
  /** The client behind a connection to `serverPort` that comes from `port`, if it came by the gate. */
  readonly sessionAt: (
    serverPort: number,
    port: number,
  ) => Session | undefined;
  readonly handle: (
    request: Request,
    session: Session,
  ) => Response | Promise<Response>;
  /** Told when it ended by itself, or something failed that is no fault of others. */
  readonly onFailure: (error: unknown) => void;
  /** Told when it ended by itself, as it does without descriptors. */
  readonly onEnded: () => void;
}

type Server = Deno.HttpServer<Deno.NetAddr>;

const RESTART_MS = 100;

/** The HTTP server behind the gate, on the loopback address; it is started again when it ends by itself. */
export class InnerServer<Session> {
  #options: InnerServerOptions<Session>;
  #server: Server;
  #closed = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: InnerServerOptions<Session>) {
    this.#options = options;
    this.#server = this.#serve();
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /**
   * Ends it when its last answer is given. Clients that speak HTTP/2 are told
   * to go, and have what they asked for (RFC 9113, 6.8); of others those that
   * ask nothing are closed.
   */
  close(): Promise<void> {
    this.#closed.abort();
    return this.#closing ??= shutDown(this.#server);
  }

  #serve(): Server {
    const server: Server = Deno.serve({
      hostname: LOOPBACK,
      port: 0,
      onListen: () => {},
      onError: (error) => this.#explain(error),
    }, (request, { remoteAddr }) => {
      // Another address of this host may use the same port.
      const session = remoteAddr.hostname === LOOPBACK
        ? this.#options.sessionAt(server.addr.port, remoteAddr.port)
        : undefined;
      // Somebody on this host tried the door behind the gate.
      if (session === undefined) return failure(403, "request-invalid");
      return this.#options.handle(request, session);
    });
    void this.#watch(server);
    return server;
  }

  async #watch(server: Server): Promise<void> {
    try {
      await server.finished;
    } catch (error) {
      this.#options.onFailure(error);
      this.#options.onEnded();
      while (!await this.#restart());
    }
  }

  /** Whether there is nothing more to start. */
  async #restart(): Promise<boolean> {
    const { signal } = this.#closed;
    await this.#options.clock.delay(RESTART_MS, signal);
    if (signal.aborted) return true;
    try {
      this.#server = this.#serve();
      return true;
    } catch (error) {
      if (isOutOfFiles(error)) return false;
      throw error;
    }
  }

  /** The head of an answer is out already when its body fails: the connection is cut, which tells the client. */
  #explain(error: unknown): Response {
    const isKnown = error instanceof BackendFault ||
      error instanceof ClientFault;
    if (!isKnown) this.#options.onFailure(error);
    return failure(502, "backend-closed");
  }
}

/** Ends a server when its last answer is given, also one that ended by itself. */
async function shutDown(server: Server): Promise<void> {
  try {
    await server.shutdown();
    await server.finished;
  } catch {
    // Whoever watches it has been told.
  }
}
