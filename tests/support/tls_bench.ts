import { Buffer } from "node:buffer";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import type { Certificate } from "../../src/proxy/http/front.ts";
import { makeCertificates } from "./certificates.ts";
import { TempDir } from "./temp_dir.ts";
import { SocketBench } from "./websocket_bench.ts";

/** An authority, and a certificate that it signed. */
export interface Issued extends Certificate {
  readonly ca: string;
}

/** Makes a certificate of an authority of its own. */
export async function issue(): Promise<Issued> {
  await using folder = await TempDir.create();
  const { ca, cert, key } = await makeCertificates(folder.path);
  return {
    ca: await Deno.readTextFile(ca),
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  };
}

/** A handler of requests, and a port of the proxy with TLS before it. */
export class TlsBench implements AsyncDisposable {
  readonly bench: SocketBench;
  readonly url: string;
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(
    certificate: Certificate,
    handler: (request: Request) => Response | Promise<Response>,
  ) {
    const hostname = "127.0.0.1";
    this.#server = Deno.serve({
      hostname,
      port: 0,
      onListen: () => {},
    }, handler);
    const { port } = this.#server.addr;
    this.bench = new SocketBench(
      [{ id: "a", hostname, port, state: "ready" }],
      { certificate },
    );
    this.url = `https://localhost:${this.bench.port}`;
  }

  /** Returns the certificate that a new connection gets, PEM without the frame. */
  async shown(ca: readonly string[]): Promise<string> {
    const socket = connectTls({
      port: this.bench.port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: [...ca],
    });
    await once(socket, "secureConnect");
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    return Buffer.from(raw).toString("base64");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    await this.#server.shutdown();
  }
}

/** The first certificate of a chain, as {@link TlsBench.shown} returns it. */
export function bodyOfPem({ cert }: Certificate): string {
  const [, body = ""] = cert.split(/-----(?:BEGIN|END) CERTIFICATE-----/);
  return body.replaceAll(/\s/g, "");
}

/** One HTTP/2 connection. */
export class Http2Client implements AsyncDisposable {
  #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async open(url: string, ca: string): Promise<Http2Client> {
    const session = connect(url, { ca });
    await once(session, "connect");
    return new Http2Client(session);
  }

  /** Begins a request, whose body is up to the caller unless `endStream` is said. */
  begin(
    headers: OutgoingHttpHeaders,
    { endStream = false }: { readonly endStream?: boolean } = {},
  ): ClientHttp2Stream {
    return this.#session.request(headers, { endStream });
  }

  /** Asks for a path; the body of the answer. */
  async get(path: string): Promise<{ status: number; body: string }> {
    const stream = this.begin({ ":path": path });
    stream.end();
    return await answerOf(stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const close = once(this.#session, "close");
    this.#session.destroy();
    await close;
  }
}

/** Waits for the answer on a stream. */
async function answerOf(
  stream: ClientHttp2Stream,
): Promise<{ status: number; body: string }> {
  const [headers] = await once(stream, "response");
  return { status: Number(headers[":status"]), body: await text(stream) };
}
