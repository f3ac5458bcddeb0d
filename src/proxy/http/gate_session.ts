import { plainAddress } from "./client_address.ts";
import { Flow } from "../tcp/flow.ts";
import type { Watched } from "../tcp/idle_watch.ts";
import { ServerSide } from "./server_side.ts";

/** How long a client that says no more gets what it was not answered yet, milliseconds. */
const LAST_ANSWER_MS = 500;

/** Something that is done for a client, and of no use once it has left. */
export interface Exchange {
  /** The client is gone. */
  abort(): void;
  /** The client sends nothing more, which the server may not notice. */
  hungUp?(): void;
}

/** What a request needs to know of the connection that it came by. */
export interface ClientSession {
  /** Address of the client. */
  readonly address: string;
  enter(exchange: Exchange): void;
  leave(exchange: Exchange): void;
  /** Grows whenever bytes move. */
  readonly progress: number;
  /** Something moved for the client that brings it no bytes. */
  touch(): void;
  /** Port of the HTTP server that the client is passed on to. */
  readonly serverPort: number;
  /**
   * Lets the answer that is being given be the last one: nothing more of what
   * the client sends is read as a request. With TLS in between it cannot.
   */
  last(): void;
  /** Takes nothing more from the client than what is on its way, until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Closes the connection. */
  end(): void;
}

/**
 * One connection of a client on its way to the HTTP server. It knows no HTTP:
 * only how many bytes came, and when the server saw a request in them.
 */
export class GateSession implements ClientSession, Watched {
  readonly address: string;
  /** Known before it is connected; 0 until then. */
  serverPort = 0;
  #client: Deno.TcpConn;
  #server: ServerSide;
  /** All that the client says has been passed on. */
  #upward: Promise<void> | undefined;
  #up: Flow | undefined;
  #down: Flow | undefined;
  #exchanges = new Set<Exchange>();
  #touches = 0;
  #requests = 0;
  #requestsSeen = 0;
  /** Progress of the client when it last owed nothing. */
  #quietAt = 0;
  /** Since when the client owes the rest of a head, monotonic milliseconds. */
  #owesSince: number | undefined;
  /** Bytes of the client when a request last began or was over. */
  #bytesAsked = 0;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #isLast = false;
  #isDismissed = false;
  /** The server has said something. */
  #isAnswered = false;
  #isEncrypted: boolean;
  #isClosed = false;

  constructor(
    client: Deno.TcpConn,
    { now, isEncrypted }: { now: number; isEncrypted: boolean },
  ) {
    this.#client = client;
    this.#isEncrypted = isEncrypted;
    this.address = plainAddress(client.remoteAddr.hostname);
    this.#owesSince = now;
    this.#server = new ServerSide({
      isEncrypted,
      isSeen: () => this.hasAsked || this.#isAnswered,
      onEnd: () => this.#leave(),
    });
  }

  get progress(): number {
    return this.#touches + (this.#up?.progress ?? 0) +
      (this.#down?.progress ?? 0);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes passed on, both directions. */
  get bytes(): number {
    return (this.#up?.bytes ?? 0) + (this.#down?.bytes ?? 0);
  }

  /** Whether it has ever sent a request. */
  get hasAsked(): boolean {
    return this.#requests > 0;
  }

  /** Answers that the client has not had in full. */
  get owed(): number {
    return this.#exchanges.size || Number(this.#down?.isWriting ?? false);
  }

  enter(exchange: Exchange): void {
    this.#requests++;
    this.#bytesAsked = this.#up?.bytes ?? 0;
    this.#exchanges.add(exchange);
    if (this.#isClosed) exchange.abort();
  }

  leave(exchange: Exchange): void {
    this.#exchanges.delete(exchange);
    this.#bytesAsked = this.#up?.bytes ?? 0;
  }

  last(): void {
    if (this.#isClosed || this.#isEncrypted) return;
    this.#isLast = true;
    void this.#up?.end();
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
    if (this.#isClosed) {
      server.close();
      return;
    }
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
      this.#up = new Flow(this.#client, this.#server);
      this.#upward = this.#passUp(this.#up);
    }
    await this.#passDown(server, this.#down);
    if (this.#isClosed) await this.#upward;
  }

  /**
   * Returns since when the client owes the rest of a request, `undefined` when
   * it owes none; monotonic milliseconds. It has to be asked now and then.
   */
  owesSince(now: number): number | undefined {
    const progress = this.#up?.progress ?? 0;
    const isServed = this.#exchanges.size > 0 ||
      this.#requests !== this.#requestsSeen;
    if (isServed) {
      this.#requestsSeen = this.#requests;
      this.#quietAt = progress;
      this.#owesSince = undefined;
    } else if (progress !== this.#quietAt) this.#owesSince ??= now;
    return this.#owesSince;
  }

  /** Says a last word to a client that is owed nothing, and closes. */
  async dismiss(words: Uint8Array): Promise<void> {
    // It did not even take the words that it was sent before.
    if (this.#isDismissed) return this.end();
    this.#isDismissed = true;
    try {
      await this.#client.write(words);
      await this.#client.closeWrite();
      if (this.#up === undefined) await this.#linger();
    } catch {
      // It left before it could be told.
    }
    this.end();
  }

  /** Reads on for a while: what is left unread would take the last word away from the client. */
  async #linger(): Promise<void> {
    const timer = setTimeout(() => this.end(), LAST_ANSWER_MS);
    try {
      const buffer = new Uint8Array(4 * 1024);
      while (await this.#client.read(buffer) !== null);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes both sides, and aborts what is done for the client. */
  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#leaving);
    this.#up?.resume();
    this.#client.close();
    this.#server.close();
    for (const exchange of this.#exchanges) exchange.abort();
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
      for (const exchange of this.#exchanges) exchange.hungUp?.();
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
