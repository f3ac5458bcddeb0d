import type { Session } from "../balancer.ts";
import { type BodyDecoder, decoderOf } from "./body_decoder.ts";
import { ByteInput } from "./byte_input.ts";
import { BackendFault, type ClientFault } from "./fault.ts";
import { idleMsOf, isReset } from "./keep_alive.ts";
import {
  MAX_HEAD_BYTES,
  parseResponseHead,
  type ResponseHead,
} from "./response_head.ts";

/** An answer; who takes it must read the body to its end, or cancel it. */
export interface BackendAnswer {
  readonly head: ResponseHead;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
}

/** Told what becomes of a connection. */
export interface ConnectionOwner {
  /** The exchange is over and the connection can carry another one. */
  released(connection: BackendConnection): void;
  /** The backend ended an answer before its end. */
  cutOff(fault: BackendFault): void;
  /** It is closed. */
  closed(connection: BackendConnection): void;
}

/** One HTTP/1.1 connection to a backend; it carries one exchange at a time. */
export class BackendConnection implements Session {
  #conn: Deno.TcpConn;
  #input: ByteInput;
  #owner: ConnectionOwner;
  #isIdle = false;
  #isClosed = false;
  #isSending = false;
  #isWriting = false;
  /** Whether something is to come from the backend for somebody who waits for it. */
  #isAwaited = false;
  #fault: BackendFault | ClientFault | undefined;
  #onDone: (() => Promise<void> | undefined) | undefined;
  /** What the owner of the last answer has to do before that may fail. */
  #leaving: Promise<void> | undefined;
  /** Bytes of the body that the last answer had so far. */
  bodyBytes = 0;
  /** Exchanges that it carried to their end. */
  exchanges = 0;
  /** When a byte was last passed on, the exchange began or more was asked for, milliseconds of a monotonic clock. */
  activeAt = 0;
  /** When it must not be used for a further exchange any more; same clock. */
  expiresAt = Infinity;

  constructor(conn: Deno.TcpConn, owner: ConnectionOwner) {
    this.#conn = conn;
    this.#owner = owner;
    this.#input = new ByteInput(conn);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Since when the backend neither takes nor gives what it should; `undefined` when it is not its turn. */
  get silentSince(): number | undefined {
    const isItsTurn = this.#isWriting || this.#isAwaited && !this.#isSending;
    return isItsTurn ? this.activeAt : undefined;
  }

  /** Takes it into use. */
  begin(now: number): void {
    this.#isIdle = false;
    this.activeAt = now;
    this.bodyBytes = 0;
  }

  /**
   * Calls `onDone` once when the body that is being read is over, or the
   * connection closed. A body that is cut off fails when what it returns is done.
   */
  whenDone(onDone: () => Promise<void> | undefined): void {
    if (this.#isClosed) this.#leaving = onDone();
    else this.#onDone = onDone;
  }

  /**
   * Sends bytes of a request.
   *
   * @throws {BackendFault} When the backend does not take them.
   */
  async send(bytes: Uint8Array): Promise<void> {
    this.#isWriting = true;
    this.activeAt = performance.now();
    try {
      let sent = await this.#conn.write(bytes);
      while (sent < bytes.length) {
        sent += await this.#conn.write(bytes.subarray(sent));
      }
    } catch (error) {
      throw this.#fault ??
        new BackendFault(
          "backend-closed",
          "The backend stopped reading",
          error,
        );
    } finally {
      this.#isWriting = false;
    }
    this.activeAt = performance.now();
  }

  /** The request is longer than its head: the connection is not free before {@link sent}. */
  sending(): void {
    this.#isSending = true;
  }

  /** All of the request is sent. */
  sent(): void {
    this.#isSending = false;
  }

  /**
   * Reads the next head; `undefined` when the backend left without a word.
   *
   * @throws {BackendFault}
   */
  async receive(method: string): Promise<ResponseHead | undefined> {
    this.#isAwaited = true;
    try {
      const text = await this.#input.takeHead(MAX_HEAD_BYTES);
      if (text === undefined) return undefined;
      this.activeAt = performance.now();
      return parseResponseHead(text, method);
    } catch (error) {
      if (this.exchanges > 0 && isReset(error) && !this.#fault) {
        return undefined;
      }
      throw this.#failed("The connection to the backend failed", error);
    } finally {
      this.#isAwaited = false;
    }
  }

  /** Returns the body that belongs to `head`. */
  body(head: ResponseHead): BackendAnswer["body"] {
    const { framing } = head;
    if (framing.kind === "none") {
      this.#finish(head);
      return null;
    }
    const decoder = decoderOf(framing, this.#input);
    const bytes = decoder.arrived();
    if (bytes === undefined) return this.#stream(decoder, head);
    this.bodyBytes += bytes.length;
    this.#finish(head);
    return bytes;
  }

  /** Closes it; whatever waits for it fails with `fault`. */
  close(fault?: BackendFault | ClientFault): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#fault = fault;
    try {
      this.#conn.close();
    } catch (error) {
      // It was closed under way by the failure that brought us here.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    this.#owner.closed(this);
    this.#tellDone();
  }

  /** Ends the exchange since the time to drain is over. */
  end(): void {
    this.close(new BackendFault("backend-closed", "The backend was taken out"));
  }

  #stream(
    decoder: BodyDecoder,
    head: ResponseHead,
  ): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        this.#isAwaited = true;
        this.activeAt = performance.now();
        try {
          const bytes = await decoder.next();
          if (bytes === undefined) {
            this.activeAt = performance.now();
            controller.close();
            this.#finish(head);
            return;
          }
          this.bodyBytes += bytes.length;
          controller.enqueue(bytes);
        } catch (error) {
          const fault = this.#failed("The answer was cut off", error);
          if (fault instanceof BackendFault) this.#owner.cutOff(fault);
          await this.#leaving;
          controller.error(fault);
        } finally {
          this.#isAwaited = false;
        }
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
  }

  #finish(head: ResponseHead): void {
    this.exchanges++;
    // An answer before the end of the request leaves the rest of it on the wire.
    if (!head.keepsAlive || this.#isSending || this.#input.buffered > 0) {
      this.close();
      return;
    }
    if (this.#isClosed) return;
    this.#isIdle = true;
    this.expiresAt = this.activeAt + idleMsOf(head.keepAliveSeconds);
    this.#input.watch(this.#onWord);
    this.#owner.released(this);
    this.#tellDone();
  }

  #tellDone(): void {
    this.#leaving = this.#onDone?.() ?? this.#leaving;
    this.#onDone = undefined;
  }

  /** The backend left an idle connection, or spoke unasked. */
  #onWord = (): void => {
    if (this.#isIdle) this.close();
  };

  #failed(what: string, error: unknown): BackendFault | ClientFault {
    const fault = this.#fault ??
      (error instanceof BackendFault
        ? error
        : new BackendFault("backend-closed", what, error));
    this.close(fault);
    return fault;
  }
}
