/** What a {@link LossyProxy} does to a request that its rule names. */
export type Loss =
  /** The server gets the request, and its answer gets lost. */
  | "answer"
  /** The server never gets it. */
  | "request";

/**
 * Stands in front of a server and passes on every byte as it is, one request
 * for each connection, so that what was signed stays right. Requests that
 * `lose` names lose their answer, or get lost themselves.
 */
export class LossyProxy implements AsyncDisposable {
  /** Takes the first line of a request, such as `PUT /key HTTP/1.1`. */
  lose: (requestLine: string) => Loss | undefined | Promise<Loss | undefined> =
    () => undefined;
  /** First lines of all requests. */
  readonly requests: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: URL;
  readonly #serving: Promise<void>;
  readonly #open = new Set<Promise<void>>();

  /** @param target `http://127.0.0.1:9000`. */
  constructor(target: string) {
    this.#target = new URL(target);
    this.#serving = this.#serve();
  }

  get url(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `http://127.0.0.1:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    await Promise.all(this.#open);
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      const passing = this.#pass(client).finally(() =>
        this.#open.delete(passing)
      );
      this.#open.add(passing);
    }
  }

  async #pass(client: Deno.TcpConn): Promise<void> {
    using _client = client;
    const request = await readRequest(client);
    if (request === undefined) return;
    const [line = ""] = new TextDecoder().decode(request).split("\r\n", 1);
    this.requests.push(line);
    const loss = await this.lose(line);
    if (loss === "request") return;
    const { hostname, port } = this.#target;
    using server = await Deno.connect({ hostname, port: Number(port) });
    await writeAll(server, withClose(request));
    const answer = await new Response(server.readable).bytes();
    if (loss === undefined) await writeAll(client, answer).catch(ifGone);
  }
}

/** Reads one request with the body that its head announces. */
async function readRequest(
  client: Deno.TcpConn,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let all = new Uint8Array();
  const part = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await client.read(part).catch(ifGone) ?? null;
    if (count === null) return undefined;
    const longer = new Uint8Array(all.length + count);
    longer.set(all);
    longer.set(part.subarray(0, count), all.length);
    all = longer;
    const text = new TextDecoder("latin1").decode(all);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const length = /\r\ncontent-length: *([0-9]+)/i.exec(text.slice(0, end));
    if (all.length >= end + 4 + Number(length?.[1] ?? 0)) return all;
  }
}

/** Asks the server to end the connection behind its answer; no signature covers that header. */
function withClose(request: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = new TextDecoder("latin1").decode(request).indexOf("\r\n") + 2;
  const header = new TextEncoder().encode("connection: close\r\n");
  const all = new Uint8Array(request.length + header.length);
  all.set(request.subarray(0, at));
  all.set(header, at);
  all.set(request.subarray(at), at + header.length);
  return all;
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await to.write(rest));
}

function ifGone(error: unknown): undefined {
  if (
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe
  ) return;
  throw error;
}
