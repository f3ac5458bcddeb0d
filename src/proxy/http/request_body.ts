import type { BackendConnection } from "./backend_connection.ts";
import { ClientFault } from "./fault.ts";
import type { OutboundHead } from "./outbound.ts";

/** How much of a body is kept so that the request can be sent once more. */
const MAX_REPLAY_BYTES = 64 * 1024;

const LINE_END = new Uint8Array([13, 10]);
const LAST_CHUNK = new TextEncoder().encode("0\r\n\r\n");

/**
 * The body of a request on its way to a backend; it is never held whole unless
 * it is small. It goes to one connection at a time: one that failed is left
 * with {@link leave}, and what is being read then goes to the next.
 */
export class RequestBody {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #framing: NonNullable<OutboundHead["body"]>;
  #replay: Uint8Array[] | undefined;
  #replayBytes = 0;
  #reading: Promise<Uint8Array | undefined> | undefined;
  #taker: BackendConnection | undefined;
  #isRead = false;
  #cancelled: Promise<void> | undefined;
  #hasEnded = false;
  /** Bytes that the client has sent. */
  bytes = 0;
  /** Since when the client has been waited for, monotonic milliseconds. */
  waitingSince: number | undefined;

  constructor(
    stream: ReadableStream<Uint8Array>,
    framing: NonNullable<OutboundHead["body"]>,
    options: { readonly isReplayable: boolean },
  ) {
    this.#reader = stream.getReader();
    this.#framing = framing;
    this.#replay = options.isReplayable ? [] : undefined;
  }

  /** Whether the client has sent all of it, as far as it was read. */
  get isWhole(): boolean {
    return this.#hasEnded || this.bytes === this.#framing;
  }

  /** Whether more of it is waited for. */
  get isBeingRead(): boolean {
    return this.#reading !== undefined;
  }

  /** Whether the body can be sent from its beginning. */
  get canStart(): boolean {
    return this.bytes === 0 || this.#replay !== undefined;
  }

  /**
   * Sends the whole body.
   *
   * @returns Whether the connection has all of it: not when it was left.
   * @throws {ClientFault} When the client does not send it to its end.
   * @throws {BackendFault} When the backend does not take it.
   */
  async sendTo(connection: BackendConnection): Promise<boolean> {
    this.#taker = connection;
    let sent = 0;
    for (const bytes of this.#replay ?? []) {
      await this.#sendPiece(connection, bytes);
      sent += bytes.length;
    }
    while (!this.#isRead && sent !== this.#framing) {
      const bytes = await this.#readFor(connection);
      if (this.#taker !== connection) return false;
      if (bytes === undefined) break;
      await this.#sendPiece(connection, bytes);
      sent += bytes.length;
    }
    if (this.#framing === "chunked") await connection.send(LAST_CHUNK);
    else if (sent !== this.#framing) throw new ClientFault("The body is short");
    return true;
  }

  /** The connection takes no more of it. */
  leave(connection: BackendConnection): void {
    if (this.#taker === connection) this.#taker = undefined;
  }

  /**
   * Nobody reads the rest. Resolves when the platform can close the connection
   * of the client: not while a read is under way, whose end it waits for.
   */
  cancel(): Promise<void> {
    this.#taker = undefined;
    if (this.#isRead || this.bytes === this.#framing) {
      return this.#cancelled ?? Promise.resolve();
    }
    this.#isRead = true;
    return this.#cancelled = this.#cancel();
  }

  async #cancel(): Promise<void> {
    await this.#reading?.catch(() => {});
    try {
      await this.#reader.cancel();
    } catch {
      // It failed before, which whoever read it was told.
    }
  }

  async #readFor(
    connection: BackendConnection,
  ): Promise<Uint8Array | undefined> {
    this.#reading ??= this.#read();
    try {
      return await this.#reading;
    } catch (error) {
      // Whoever has taken over is told the same.
      if (this.#taker !== connection) return undefined;
      throw error;
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    this.waitingSince = performance.now();
    try {
      const { done, value } = await this.#reader.read();
      if (done) this.#isRead = this.#hasEnded = true;
      if (value === undefined) return undefined;
      this.bytes += value.length;
      this.#keep(value);
      return value;
    } catch (error) {
      throw new ClientFault("The client did not send all of its request", {
        cause: error,
      });
    } finally {
      this.waitingSince = undefined;
      this.#reading = undefined;
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#replayBytes += bytes.length;
    // Also the one that is too much: whoever replays at present needs it.
    this.#replay?.push(bytes);
    if (this.#replayBytes > MAX_REPLAY_BYTES) this.#replay = undefined;
  }

  async #sendPiece(
    connection: BackendConnection,
    bytes: Uint8Array,
  ): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#framing !== "chunked") return await connection.send(bytes);
    const size = `${bytes.length.toString(16)}\r\n`;
    const chunk = new Uint8Array(size.length + bytes.length + 2);
    new TextEncoder().encodeInto(size, chunk);
    chunk.set(bytes, size.length);
    chunk.set(LINE_END, size.length + bytes.length);
    await connection.send(chunk);
  }
}
