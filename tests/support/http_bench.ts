import type { Backend } from "../../src/proxy/backend.ts";
import { Balancer } from "../../src/proxy/balancer.ts";
import type { GateLimits } from "../../src/proxy/http/gate_options.ts";
import {
  type HttpEvent,
  HttpFront,
  type HttpFrontOptions,
} from "../../src/proxy/http/front.ts";
import type { HttpLimits } from "../../src/proxy/http/plane.ts";
import type {
  ServedRequest,
  UnreadRequest,
} from "../../src/proxy/http/served_request.ts";
import { within } from "./delay.ts";
import { close, RecordingMeter } from "./tcp_bench.ts";
import { encode, ignoreGone, writeAll } from "./tcp_bytes.ts";

const HOSTNAME = "127.0.0.1";
/** No answer takes longer in a test, milliseconds. */
const ANSWER_MS = 10_000;

/** Limits that no test runs into by accident. */
const LIMITS: HttpLimits & GateLimits = {
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  holdMs: 0,
  maxConnections: 10_000,
  headerTimeoutMs: 60_000,
};

/** What differs from the front that most tests need. */
export interface HttpBenchOptions
  extends Partial<Omit<HttpFrontOptions, "limits" | "listener">> {
  readonly limits?: Partial<HttpLimits & GateLimits>;
}

/** An HTTP port of the proxy in front of backends, in this process. */
export class HttpBench implements AsyncDisposable {
  readonly balancer = new Balancer();
  readonly meter = new RecordingMeter();
  readonly events: HttpEvent[] = [];
  readonly served: ServedRequest[] = [];
  readonly unread: UnreadRequest[] = [];
  readonly front: HttpFront;
  readonly port: number;
  #clients: RawClient[] = [];

  constructor(backends: readonly Backend[], options: HttpBenchOptions = {}) {
    const { limits, ...rest } = options;
    const listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
    this.port = listener.addr.port;
    this.balancer.replace(backends);
    this.front = new HttpFront({
      listener,
      balancer: this.balancer,
      meter: this.meter,
      isTrusted: () => false,
      tell: (event) => this.events.push(event),
      onServed: (served) => {
        if ("line" in served) this.unread.push(served);
        else this.served.push(served);
      },
      ...rest,
      limits: { ...LIMITS, ...limits },
    });
  }

  get url(): string {
    return `http://${HOSTNAME}:${this.port}`;
  }

  /** Opens a connection to the proxy. */
  async connect(): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    this.front.end();
    await this.front.finished;
  }
}

/** An answer as it came over the connection, its body taken out of its framing. */
export interface RawAnswer {
  readonly status: number;
  /** Lines of the header section in lower case. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** One HTTP/1.1 connection of a client that says what a test says, byte for byte. */
export class RawClient implements Disposable {
  readonly conn: Deno.TcpConn;
  #received = "";

  private constructor(conn: Deno.TcpConn) {
    this.conn = conn;
  }

  static async open(port: number): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: HOSTNAME, port }));
  }

  /** Sends one byte for each character. */
  async say(text: string): Promise<void> {
    await writeAll(this.conn, encode(text));
  }

  /** Asks, and reads the answer. */
  async ask(text: string): Promise<RawAnswer> {
    await this.say(text);
    return await this.answer();
  }

  /**
   * Reads one answer to its end.
   *
   * @param method Of the request: HEAD is answered without a body.
   * @throws When the connection ends before.
   */
  async answer(method = "GET"): Promise<RawAnswer> {
    const head = await this.head();
    const lines = head.split("\r\n");
    const headers = lines.slice(1).map((line) => line.toLowerCase());
    const status = Number(lines[0]?.split(" ")[1]);
    const isBodiless = method === "HEAD" || [204, 304].includes(status);
    const body = isBodiless ? "" : await this.#body(headers);
    return { status, headers, body };
  }

  /** Reads a head, without its empty line. */
  head(): Promise<string> {
    return this.until("\r\n\r\n");
  }

  /** Reads what comes before `end`, and `end`. */
  async until(end: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(end);
      if (at >= 0) return this.#shift(at + end.length).slice(0, -end.length);
      if (!await this.#more()) throw new Error(`Cut: ${this.#received}`);
    }
  }

  /** Reads until the connection ends, and returns what came. */
  async rest(): Promise<string> {
    const reading = async () => {
      while (await this.#more());
    };
    await ignoreGone(reading());
    return this.#shift(this.#received.length);
  }

  [Symbol.dispose](): void {
    close(this.conn);
  }

  async #body(headers: readonly string[]): Promise<string> {
    if (headers.includes("transfer-encoding: chunked")) {
      let body = "";
      for (;;) {
        const size = parseInt(await this.until("\r\n"), 16);
        const chunk = await this.#count(size + 2);
        if (size === 0) return body;
        body += chunk.slice(0, -2);
      }
    }
    const length = headers.find((line) => line.startsWith("content-length: "));
    if (length === undefined) return await this.rest();
    return await this.#count(Number(length.split(" ")[1]));
  }

  async #count(count: number): Promise<string> {
    while (this.#received.length < count) {
      if (!await this.#more()) throw new Error("Cut within the body");
    }
    return this.#shift(count);
  }

  #shift(count: number): string {
    const part = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return part;
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    const count = await within(this.conn.read(buffer), ANSWER_MS);
    if (count === undefined) throw new Error(`Nothing in ${ANSWER_MS} ms`);
    if (count === null) return false;
    for (const byte of buffer.subarray(0, count)) {
      this.#received += String.fromCharCode(byte);
    }
    return true;
  }
}

/** Returns a request without a body. */
export function get(path = "/", ...headers: readonly string[]): string {
  return request("GET", path, headers);
}

/** Returns a request; without `body` it says nothing of one. */
export function request(
  method: string,
  path: string,
  headers: readonly string[],
  body?: string,
): string {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`];
  const lines = [`${method} ${path} HTTP/1.1`, "Host: example.com"];
  return [...lines, ...headers, ...length, "", body ?? ""].join("\r\n");
}
