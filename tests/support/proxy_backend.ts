import { eventually } from "./eventually.ts";

/** An HTTP server that can be drained, stopped and asked what it saw. */
export class ProxyBackend implements AsyncDisposable {
  readonly name: string;
  /** Requests whose answers are not over. */
  open = 0;
  /** Requests so far. */
  served = 0;
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(
    name: string,
    handler?: (request: Request) => Response | Promise<Response>,
  ) {
    this.name = name;
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, async (request, { completed }) => {
      this.served++;
      this.open++;
      void completed.catch(() => {}).finally(() => this.open--);
      return await handler?.(request) ?? new Response(name);
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    await eventually(() => this.open === 0, {
      message: `${this.name} has nothing in flight`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
