import { Duplex } from "node:stream";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { LOOPBACK } from "./server_dial.ts";

/** A certificate chain and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** In the order of preference. */
const PROTOCOLS = ["h2", "http/1.1"];
/** Bytes of one read, and of the reads that follow one that was filled; a record of TLS has 16 KiB. */
const FIRST_READ_BYTES = 4 * 1024;
const NEXT_READ_BYTES = 64 * 1024;
/** Bytes that wait to be read, and one read more. */
const MOST_UNREAD_BYTES = 64 * 1024;
/** How long a client has to take the last bytes, milliseconds. */
const LINGER_MS = 500;

/**
 * Returns what TLS is ended with.
 *
 * @throws When certificate and key cannot be used.
 */
export function secureContextOf({ cert, key }: Certificate): SecureContext {
  // A context takes a key that belongs to another certificate, a listener does not.
  Deno.listenTls({ hostname: LOOPBACK, port: 0, cert, key }).close();
  return createSecureContext({ cert, key });
}

/**
 * A client that is spoken to through TLS; what is read and written is what it
 * means. The platform's own TLS ends at listeners, each with one certificate
 * for good; this one ends wherever the bytes come from.
 */
export class SecuredClient
  implements Pick<Deno.Conn, "read" | "write" | "closeWrite" | "close"> {
  /** Resolves when its connection is closed. */
  readonly closed: Promise<void>;
  #wire: Duplex;
  #socket: TLSSocket;
  #failed: Error | undefined;
  #wake: (() => void) | undefined;
  /** Something was taken of what waits to be read. */
  #taken: PromiseWithResolvers<void> | undefined;

  /** Ends a write that nobody takes any more. */
  #reject: ((error: Error) => void) | undefined;

  /** @param client Owned from then on. */
  constructor(client: Deno.TcpConn, context: SecureContext) {
    const wire = wireOf(client, () => this.#room());
    this.#wire = wire;
    this.#socket = new TLSSocket(wire, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: PROTOCOLS,
    });
    this.closed = new Promise((resolve) => {
      wire.once("close", () => {
        this.#reject?.(this.#gone());
        this.#taken?.resolve();
        resolve();
      });
    });
    const wake = () => this.#wake?.();
    this.#socket.on("readable", wake).on("end", wake).on("close", wake);
    const fail = (error: Error) => {
      this.#failed ??= error;
      wire.destroy();
      this.#socket.destroy();
      wake();
    };
    wire.on("error", fail);
    this.#socket.on("error", fail);
    wire.once("end", () => {
      if (!this.isReady) fail(new Deno.errors.UnexpectedEof("The client left"));
    });
  }

  /** Whether both sides have agreed on how to speak. */
  isReady = false;

  /** Whether its requests are those of HTTP/2. */
  get isHttp2(): boolean {
    return this.#socket.alpnProtocol === "h2";
  }

  /** @throws When the client leaves, or speaks no TLS. */
  async handshake(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket.once("secure", resolve);
    this.#socket.once("error", reject);
    void this.closed.then(() => reject(this.#gone()));
    await promise;
    this.isReady = true;
  }

  /** @throws When the connection breaks. */
  async read(buffer: Uint8Array): Promise<number | null> {
    const socket = this.#socket;
    for (;;) {
      const size = Math.min(socket.readableLength, buffer.length);
      const bytes: Uint8Array | null = size > 0 ? socket.read(size) : null;
      if (bytes !== null) {
        buffer.set(bytes);
        this.#taken?.resolve();
        return bytes.length;
      }
      if (this.#failed !== undefined) throw this.#failed;
      if (socket.readableEnded) return null;
      if (socket.destroyed) throw this.#gone();
      // Nothing is there: it has the platform read on, and say so.
      socket.read(0);
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }

  /** @throws When the connection breaks. */
  async write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#reject = reject;
    const wire = this.#wire;
    this.#socket.write(bytes, (error) => {
      if (error) reject(error);
      // The platform takes any amount, whatever the client takes.
      else if (wire.writableNeedDrain) wire.once("drain", resolve);
      else resolve();
    });
    await promise;
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  /** Closes it; what was written before is on its way for a little while. */
  close(): void {
    if (this.#socket.writableFinished) return void this.#socket.destroy();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    void this.closed.finally(() => clearTimeout(timer));
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Resolves when so much was read that more may come: the platform takes any amount. */
  async #room(): Promise<void> {
    while (this.#socket.readableLength >= MOST_UNREAD_BYTES) {
      if (this.#wire.destroyed) return;
      this.#taken = Promise.withResolvers();
      await this.#taken.promise;
    }
  }

  #gone(): Error {
    return this.#failed ?? new Deno.errors.BadResource("The client left");
  }
}

/**
 * The bytes of TLS, as the platform's TLS wants them.
 *
 * @param room Waited for before anything more is read.
 */
function wireOf(client: Deno.TcpConn, room: () => Promise<void>): Duplex {
  let size = FIRST_READ_BYTES;
  return new Duplex({
    allowHalfOpen: true,
    async read() {
      try {
        await room();
        const bytes = new Uint8Array(size);
        const count = await client.read(bytes);
        if (count === size) size = NEXT_READ_BYTES;
        this.push(count === null ? null : bytes.subarray(0, count));
      } catch (error) {
        this.destroy(error instanceof Error ? error : undefined);
      }
    },
    write(bytes: Uint8Array, _encoding, done) {
      writeAll(client, bytes).then(() => done(), done);
    },
    final(done) {
      client.closeWrite().then(() => done(), done);
    },
    destroy(error, done) {
      closeOnce(client);
      done(error);
    },
  });
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await to.write(bytes.subarray(written));
  }
}

function closeOnce(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    // The session has ended, and closed it.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
