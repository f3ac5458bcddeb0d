import { Flow } from "../tcp/flow.ts";
import type { Watched } from "../tcp/idle_watch.ts";
import { plainAddress } from "./client_address.ts";
import type { ClientSession, Exchange } from "./client_session.ts";
import { Exchanges } from "./exchanges.ts";
import { FrameFilter } from "./frame_filter.ts";
import { HeadDebt } from "./head_debt.ts";
import { LAST_ANSWER_MS, linger } from "./last_words.ts";
import { RequestFraming } from "./request_framing.ts";
import type { SecuredClient } from "./secured_client.ts";
import { ServerSide } from "./server_side.ts";

/**
 * One connection of a client on its way to the HTTP server. Of HTTP/1.1 it
 * knows where requests begin and end, of HTTP/2 the same of frames.
 */
export class GateSession implements ClientSession, Watched {
  readonly address: string;
  /** Known before it is connected; 0 until then. */
  serverPort = 0;
  /** The client, when it is spoken to through TLS. */
  secured: SecuredClient | undefined;
  /** Reads what it sends, unless that is HTTP/2. */
  readonly framing = new RequestFraming();
  /** Reads HTTP/2. */
  readonly frames = new FrameFilter();
  /** Whether it was told why it is sent away. */
  isDismissed = false;
  #client: Pick<Deno.Conn, "read" | "write" | "closeWrite" | "close">;
  #server: ServerSide;
  /** All that the client says has been passed on. */
  #upward: Promise<void> | undefined;
  #up: Flow | undefined;
  #down: Flow | undefined;
  #exchanges = new Exchanges();
  #touches = 0;
  #debt: HeadDebt;
  /** Bytes of the client when a request last began or was over. */
  #bytesAsked = 0;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #isLast = false;
  /** The server has said something. */
  #isAnswered = false;
  #isClosed = false;

  /** @param now Monotonic milliseconds. */
  constructor(client: Deno.TcpConn, now: number) {
    this.#client = client;
    this.address = plainAddress(client.remoteAddr.hostname);
    this.#debt = new HeadDebt(now);
    this.#server = new ServerSide({
      inspector: () => this.isHttp2 ? this.frames : this.framing,
      isSeen: () => this.isSettled,
      onEnd: () => this.#leave(),
    });
  }

  get progress(): number {
    const flowed = (this.#up?.progress ?? 0) + (this.#down?.progress ?? 0);
    return this.#touches + flowed;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isHttp2(): boolean {
    return this.secured?.isHttp2 ?? false;
  }

  /** Whether the server has said or read anything. */
  get isSettled(): boolean {
    return this.#isAnswered || this.hasAsked;
  }

  /** Bytes passed on, both directions. */
  get bytes(): number {
    return (this.#up?.bytes ?? 0) + (this.#down?.bytes ?? 0);
  }

  /** Whether it has ever sent a request. */
  get hasAsked(): boolean {
    return this.#exchanges.begun > 0;
  }

  /** Answers that the client has not had in full. */
  get owed(): number {
    return this.#exchanges.size || Number(this.#down?.isWriting ?? false);
  }

  /** From now on it is spoken to through TLS, which owns its connection. */
  secure(client: SecuredClient): void {
    this.#client = this.secured = client;
  }

  /** The server has read one more request. */
  arrived(): void {
    this.#exchanges.arrived++;
  }

  enter(exchange: Exchange): void {
    this.#bytesAsked = this.#up?.bytes ?? 0;
    this.#exchanges.enter(exchange);
    if (this.#isClosed) void exchange.abort();
    else this.#refuseBroken();
  }

  leave(exchange: Exchange): void {
    this.#exchanges.leave(exchange);
    this.#bytesAsked = this.#up?.bytes ?? 0;
  }

  last(): void {
    if (this.#isClosed || this.isHttp2) return;
    this.#isLast = true;
    void this.#up?.end();
  }

  upgraded(): void {
    const held = this.framing.release();
    if (held.length === 0) return;
    // It breaks when the session ends, which whoever reads from it notices.
    void this.#server.pass(held).catch(() => this.end());
  }

  touch(): void {
    this.#touches++;
  }

  pause(): void {
    if (!this.#isClosed) this.#up?.pause();
  }

  resume(): void {
    this.#up?.resume();
  }

  /**
   * Passes bytes between the client and `server` until both have ended; it
   * never rejects. It is not closed then when `server` ended before it looked
   * at the client: another one can be told all that the client has said.
   */
  async run(server: Deno.TcpConn): Promise<void> {
    if (this.#isClosed) return server.close();
    this.#down = new Flow(server, {
      write: (bytes) => {
        this.#isAnswered = true;
        return this.#client.write(bytes);
      },
      closeWrite: async () => {
        if (!this.#server.canRepeat) await this.#client.closeWrite();
      },
    });
    if (this.#upward === undefined) {
      this.#up = new Flow(this.#client, {
        write: (bytes) => this.#tell(bytes),
        closeWrite: () => this.#server.closeWrite(),
      });
      this.#upward = this.#passUp(this.#up);
    }
    await this.#passDown(server, this.#down);
    if (this.#isClosed) await this.#upward;
  }

  /** Since when the client owes the rest of a request, as {@link HeadDebt} has it. */
  owesSince(now: number): number | undefined {
    return this.#debt.since(now, {
      progress: this.#up?.progress ?? 0,
      requests: this.#exchanges.begun,
      isServed: this.#exchanges.size > 0,
    });
  }

  /** Says a last word to a client that is owed nothing, and closes. */
  async dismiss(words: Uint8Array): Promise<void> {
    this.isDismissed = true;
    try {
      await this.#client.write(words);
      await this.#client.closeWrite();
      if (this.#up === undefined) {
        await linger(this.#client, () => this.end());
      }
    } catch {
      // It left before it could be told.
    }
    this.end();
  }

  /** Closes both sides, and aborts what is done for the client. */
  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#leaving);
    this.#up?.resume();
    this.frames.streams.end();
    this.#client.close();
    const reading = this.#exchanges.abort();
    if (reading.length === 0) this.#server.close();
    else void this.#server.closeAfter(reading, this.framing.filler);
  }

  async #tell(bytes: Uint8Array): Promise<number> {
    const count = await this.#server.write(bytes);
    if (this.framing.isBroken) this.#refuseBroken();
    if (this.frames.isBroken) this.end();
    return count;
  }

  /** Refuses the request whose body is not what its head said, once it is its turn. */
  #refuseBroken(): void {
    const { isBroken, requests } = this.framing;
    if (!isBroken || this.#exchanges.arrived < requests) return;
    // It has its answer, but whatever follows cannot be told apart.
    if (this.#exchanges.size === 0) return this.end();
    this.#exchanges.refuse();
  }

  /** The client says no more, or has ended its side only. */
  #leave(): void {
    const isServed = !this.#isLast && this.#exchanges.size === 0 &&
      this.#bytesAsked === this.#up?.bytes;
    if (isServed) this.end();
    else this.#leaving = setTimeout(() => this.end(), LAST_ANSWER_MS);
  }

  async #passUp(up: Flow): Promise<void> {
    try {
      await up.run();
      this.#exchanges.hungUp();
    } catch {
      // A connection that broke is the end of the session, not a fault of the proxy.
      this.end();
    }
  }

  async #passDown(server: Deno.TcpConn, down: Flow): Promise<void> {
    try {
      await this.#server.use(server);
      await down.run();
    } catch {
      // Whether it broke or was closed makes no difference.
    }
    if (this.#server.canRepeat) this.#server.drop();
    else this.end();
  }
}
