import type { FakeAsset } from "./github_server_repo.ts";

/** The host that GitHub sends downloads to. It gives bytes for a signed address, and refuses a request that brings a token. */
export class FakeStorage implements AsyncDisposable {
  readonly url: string;
  /** Where clients are sent; another address when something stands in front. */
  shownUrl: string;
  /** Paths that were asked for. */
  readonly paths: string[] = [];
  /** Values of `Authorization` headers that it was sent; there must be none. */
  readonly leaked: string[] = [];
  /** Answers in place of the storage, while it is set. */
  intercept: ((request: Request) => Response | undefined) | undefined;
  #signed = new Map<string, FakeAsset>();
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, (request) => this.#answer(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
    this.shownUrl = this.url;
  }

  /** What signed the addresses so far. */
  get signatures(): readonly string[] {
    return [...this.#signed.keys()];
  }

  /** Returns an address for a download that needs no token. */
  sign(asset: FakeAsset): string {
    const signature = crypto.randomUUID();
    this.#signed.set(signature, asset);
    return `${this.shownUrl}/${asset.id}?signature=${signature}`;
  }

  #answer(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    this.paths.push(pathname);
    const authorization = request.headers.get("authorization");
    if (authorization !== null) {
      this.leaked.push(authorization);
      return new Response("Only one auth mechanism allowed", { status: 400 });
    }
    const intercepted = this.intercept?.(request);
    if (intercepted !== undefined) return intercepted;
    const asset = this.#signed.get(searchParams.get("signature") ?? "");
    if (asset === undefined) return new Response("denied", { status: 403 });
    return new Response(asset.content(), {
      headers: { "content-type": asset.contentType },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
