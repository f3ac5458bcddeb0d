import { ignoreGone } from "./tcp_bytes.ts";

/** Accepts connections on loopback, and ends them all with itself. */
export class TcpFront implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #tasks: Promise<void>[] = [];
  readonly #accepting: Promise<void>;

  /** @param serve What is done with each connection, which is closed afterwards. */
  constructor(serve: (conn: Deno.Conn) => Promise<void>) {
    this.#accepting = this.#accept(serve);
  }

  /** Host and port. */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Connects to what it stands in front of. */
  async connect(address: string): Promise<Deno.Conn> {
    const [hostname = "", port] = address.split(":");
    const conn = await Deno.connect({ hostname, port: Number(port) });
    this.#open.add(conn);
    return conn;
  }

  /** Closes a connection, unless it is closed already. */
  close(conn: Deno.Conn): void {
    if (this.#open.delete(conn)) conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) this.close(conn);
    await this.#accepting;
    await Promise.all(this.#tasks);
  }

  async #accept(serve: (conn: Deno.Conn) => Promise<void>): Promise<void> {
    for await (const conn of this.#listener) {
      this.#open.add(conn);
      this.#tasks.push(
        ignoreGone(serve(conn)).finally(() => this.close(conn)),
      );
    }
  }
}
