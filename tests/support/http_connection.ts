/** Where a server listens. */
export type Target = { readonly port: number; readonly hostname?: string } | {
  readonly path: string;
};

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Whether the server ends the connection with this answer. */
  readonly close: boolean;
}

const END_OF_HEAD = "\r\n\r\n";
/** No fixture takes longer to answer, milliseconds. */
const ANSWER_MS = 15_000;

/**
 * One HTTP/1.1 connection, spoken by hand: a client library would hide a broken
 * connection by trying again.
 */
export class HttpConnection implements Disposable {
  #conn: Deno.Conn;
  #received = "";
  #closed = false;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async open(target: Target): Promise<HttpConnection> {
    const conn = "path" in target
      ? await Deno.connect({ transport: "unix", path: target.path })
      : await Deno.connect({ hostname: "127.0.0.1", ...target });
    return new HttpConnection(conn);
  }

  /**
   * Asks once and reads the whole answer.
   *
   * @throws When the connection ends before the answer is complete, or nothing comes for too long.
   */
  async get(path: string): Promise<HttpAnswer> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this[Symbol.dispose]();
    }, ANSWER_MS);
    try {
      return await this.#exchange(path);
    } catch (cause) {
      if (!late) throw cause;
      throw new Error(`No answer in ${ANSWER_MS} ms`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }

  async #exchange(path: string): Promise<HttpAnswer> {
    const bytes = new TextEncoder().encode(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    );
    const written = await this.#conn.write(bytes);
    if (written !== bytes.length) throw new Error("Short write");
    const head = await this.#readUntil(END_OF_HEAD);
    const [statusLine = "", ...lines] = head.split("\r\n");
    const headers = new Headers(lines.filter((line) => line !== "").map(pair));
    const body = await this.#readBody(headers);
    return {
      status: Number(statusLine.split(" ")[1]),
      body,
      close: headers.get("connection")?.toLowerCase() === "close",
    };
  }

  async #readBody(headers: Headers): Promise<string> {
    const length = headers.get("content-length");
    if (length !== null) return await this.#readCount(Number(length));
    if (headers.get("transfer-encoding") !== "chunked") {
      throw new Error("Answer without length");
    }
    let body = "";
    for (;;) {
      const size = parseInt(await this.#readUntil("\r\n"), 16);
      const chunk = await this.#readCount(size + 2);
      if (size === 0) return body;
      body += chunk.slice(0, -2);
    }
  }

  async #readUntil(end: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(end);
      if (at >= 0) return this.#shift(at + end.length).slice(0, -end.length);
      await this.#readMore();
    }
  }

  async #readCount(count: number): Promise<string> {
    while (this.#received.length < count) await this.#readMore();
    return this.#shift(count);
  }

  #shift(count: number): string {
    const part = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return part;
  }

  async #readMore(): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    const count = await this.#conn.read(buffer);
    if (count === null) {
      throw new Error(
        this.#received === "" ? "Closed without an answer" : "Short answer",
      );
    }
    // The fixtures answer in ASCII, so that bytes and characters are the same.
    this.#received += new TextDecoder().decode(buffer.subarray(0, count));
  }
}

/** Asks once on a connection of its own. */
export async function get(target: Target, path = "/"): Promise<HttpAnswer> {
  using connection = await HttpConnection.open(target);
  return await connection.get(path);
}

function pair(line: string): [string, string] {
  const at = line.indexOf(":");
  return [line.slice(0, at), line.slice(at + 1).trim()];
}
