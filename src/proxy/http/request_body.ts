import type { BackendConnection } from "./backend_connection.ts";
import { ClientFault } from "./fault.ts";
import type { OutboundHead } from "./outbound.ts";

/** How much of a body is kept so that the request can be sent once more. */
const MAX_REPLAY_BYTES = 64 * 1024;

const LINE_END = new Uint8Array([13, 10]);
const LAST_CHUNK = new TextEncoder().encode("0\r\n\r\n");

/** The body of a request on its way to a backend; it is never held whole unless it is small. */
export class RequestBody {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #framing: "length" | "chunked";
  #replay: Uint8Array[] | undefined;
  #replayBytes = 0;
  #isRead = false;
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

  /** Whether the body can be sent from its beginning. */
  get canStart(): boolean {
    return this.bytes === 0 || this.#replay !== undefined;
  }

  /**
   * Sends the whole body.
   *
   * @throws {ClientFault} When the client does not send it to its end.
   * @throws When the backend does not take it.
   */
  async sendTo(connection: BackendConnection): Promise<void> {
    for (const bytes of this.#replay ?? []) {
      await this.#sendPiece(connection, bytes);
    }
    while (!this.#isRead) {
      const bytes = await this.#read();
      if (bytes === undefined) break;
      await this.#sendPiece(connection, bytes);
    }
    if (this.#framing === "chunked") await connection.send(LAST_CHUNK);
  }

  /** Nobody reads the rest. */
  async cancel(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch {
      // It failed before, which whoever read it was told.
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    this.waitingSince = performance.now();
    try {
      const { done, value } = await this.#reader.read();
      this.#isRead = done;
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
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#replayBytes += bytes.length;
    if (this.#replayBytes > MAX_REPLAY_BYTES) this.#replay = undefined;
    this.#replay?.push(bytes);
  }

  async #sendPiece(connection: BackendConnection, bytes: Uint8Array) {
    if (bytes.length === 0) return;
    if (this.#framing === "length") return await connection.send(bytes);
    const size = `${bytes.length.toString(16)}\r\n`;
    const chunk = new Uint8Array(size.length + bytes.length + 2);
    new TextEncoder().encodeInto(size, chunk);
    chunk.set(bytes, size.length);
    chunk.set(LINE_END, size.length + bytes.length);
    await connection.send(chunk);
  }
}
