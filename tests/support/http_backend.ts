import type { Backend, BackendState } from "../../src/proxy/backend.ts";
import { RawClient } from "./http_bench.ts";
import { TcpBackend } from "./tcp_bench.ts";
import { encode, writeAll } from "./tcp_bytes.ts";

/** A request as a backend got it. */
export interface GotRequest {
  readonly line: string;
  /** As they came. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** What a backend does with one request; `undefined` closes the connection. */
export type Answer = (
  got: GotRequest,
  peer: BackendPeer,
) => string | undefined | Promise<string | undefined>;

/** A connection that the proxy opened to a backend. */
export class BackendPeer {
  #conn: Deno.TcpConn;
  #received = "";
  #onBytes: ((text: string) => void) | undefined;

  /** @param onBytes Told of all that comes, one character for each byte. */
  constructor(conn: Deno.TcpConn, onBytes?: (text: string) => void) {
    this.#conn = conn;
    this.#onBytes = onBytes;
  }

  get conn(): Deno.TcpConn {
    return this.#conn;
  }

  /** Sends one byte for each character. */
  async say(text: string): Promise<void> {
    await writeAll(this.#conn, encode(text));
  }

  /** Reads a head, or returns `undefined` when there is none any more. */
  async head(): Promise<Omit<GotRequest, "body"> | undefined> {
    const text = await this.#until("\r\n\r\n");
    if (text === undefined) return undefined;
    const [line = "", ...headers] = text.split("\r\n");
    return { line, headers };
  }

  /** Reads the body that belongs to `headers`. */
  async body(headers: readonly string[]): Promise<string> {
    const length = headers.find((line) => line.startsWith("content-length: "));
    if (length !== undefined) {
      return await this.#count(Number(length.slice(16)));
    }
    if (!headers.includes("transfer-encoding: chunked")) return "";
    let body = "";
    for (;;) {
      const size = parseInt(await this.#until("\r\n") ?? "", 16);
      if (Number.isNaN(size)) throw new Error("Cut within the chunks");
      const chunk = await this.#count(size + 2);
      if (size === 0) return body;
      body += chunk.slice(0, -2);
    }
  }

  /** Waits until the proxy closes. */
  async gone(): Promise<void> {
    try {
      while (await this.more());
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }

  /** Reads some bytes; whether there were any. */
  async more(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    const count = await this.#conn.read(buffer);
    if (count === null) return false;
    let text = "";
    for (const byte of buffer.subarray(0, count)) {
      text += String.fromCharCode(byte);
    }
    this.#received += text;
    this.#onBytes?.(text);
    return true;
  }

  /** What has come and was not read. */
  get received(): string {
    return this.#received;
  }

  async #until(end: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#received.indexOf(end);
      if (at >= 0) return this.#shift(at + end.length).slice(0, -end.length);
      if (await this.more()) continue;
      if (this.#received === "") return undefined;
      throw new Error(`Cut: ${this.#received}`);
    }
  }

  async #count(count: number): Promise<string> {
    while (this.#received.length < count) {
      if (!await this.more()) throw new Error("Cut within the body");
    }
    return this.#shift(count);
  }

  #shift(count: number): string {
    const part = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return part;
  }
}

/** A backend that speaks HTTP/1.1 by hand, and keeps what it got. */
export class HttpBackend implements Disposable {
  readonly requests: GotRequest[] = [];
  /** What went wrong with the connections of the proxy. */
  readonly cuts: string[] = [];
  /** All that came over its connections, if a test wants it kept. */
  wire: string | undefined;
  #tcp: TcpBackend;

  /** @param answer What to say to a request that has come with its whole body. */
  constructor(answer: Answer = () => ok(""), id = "a") {
    this.#tcp = new TcpBackend(id).serve((conn) => this.#serve(conn, answer));
  }

  /** Serves connections without reading requests. */
  static raw(
    serve: (peer: BackendPeer, index: number) => Promise<void>,
    id = "a",
  ): TcpBackend {
    let index = 0;
    return new TcpBackend(id).serve((conn) =>
      serve(new BackendPeer(conn), index++)
    );
  }

  get connections(): number {
    return this.#tcp.count;
  }

  get port(): number {
    return this.#tcp.port;
  }

  as(state?: BackendState): Backend {
    return this.#tcp.as(state);
  }

  /** Asks it without a proxy between. */
  connect(): Promise<RawClient> {
    return RawClient.open(this.port);
  }

  [Symbol.dispose](): void {
    this.#tcp[Symbol.dispose]();
  }

  async #serve(conn: Deno.TcpConn, answer: Answer): Promise<void> {
    const peer = new BackendPeer(conn, (text) => {
      if (this.wire !== undefined) this.wire += text;
    });
    try {
      for (;;) {
        const head = await peer.head();
        if (head === undefined) break;
        const got = { ...head, body: await peer.body(head.headers) };
        this.requests.push(got);
        const text = await answer(got, peer);
        if (text === undefined) break;
        await peer.say(text);
      }
    } catch (error) {
      this.cuts.push(String(error));
    }
    conn.close();
  }
}

/** Returns an answer with a length. */
export function ok(body: string, ...headers: readonly string[]): string {
  const lines = ["HTTP/1.1 200 OK", `Content-Length: ${body.length}`];
  return [...lines, ...headers, "", body].join("\r\n");
}
