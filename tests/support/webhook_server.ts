/** A request as the receiver got it. */
export interface WebhookRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it was sent. */
  readonly body: string;
}

/** A receiver of webhooks. */
export class WebhookServer implements AsyncDisposable {
  readonly requests: WebhookRequest[] = [];
  /** What is answered. */
  answer: () => Response | Promise<Response> = () =>
    new Response(null, { status: 204 });
  #server: Deno.HttpServer<Deno.NetAddr>;

  /** @param tls Certificate and key as PEM text, for HTTPS. */
  constructor(tls?: { readonly cert: string; readonly key: string }) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
      (request) => this.#handle(request),
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** The bodies that arrived. */
  get bodies(): Record<string, unknown>[] {
    return this.requests.map(({ body }) => JSON.parse(body));
  }

  async #handle(request: Request): Promise<Response> {
    this.requests.push({
      method: request.method,
      path: new URL(request.url).pathname,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    });
    return await this.answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
