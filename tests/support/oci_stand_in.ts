/** One request, as it arrived. */
export interface SeenRequest {
  /** `GET /v2/acme/app/tags/list?n=1000`. */
  readonly line: string;
  readonly authorization: string | null;
  readonly accept: string | null;
}

/** Answers as the test says: a registry, or a host that would like to get its tokens. */
export class OciStandIn implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer: (url: URL, request: Request) => Response) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const url = new URL(request.url);
        this.requests.push({
          line: `${request.method} ${url.pathname}${url.search}`,
          authorization: request.headers.get("authorization"),
          accept: request.headers.get("accept"),
        });
        return answer(url, request);
      },
    );
  }

  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
