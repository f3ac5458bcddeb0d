import type { ClientFault } from "./fault.ts";
import type { FrameFilter } from "./frame_filter.ts";
import type { RequestFraming } from "./request_framing.ts";

/** Something that is done for a client, and of no use once it has left. */
export interface Exchange {
  /** The client is gone. What it returns has to be done before the server hears of it. */
  abort(): Promise<void> | undefined;
  /** The client sends nothing more, which the server may not notice. */
  hungUp?(): void;
  /** What the client sends is not what the head of its request said. */
  refuse?(fault: ClientFault): void;
}

/** What a request needs to know of the connection that it came by. */
export interface ClientSession {
  /** Address of the client. */
  readonly address: string;
  /** Whether requests are streams of HTTP/2. */
  readonly isHttp2: boolean;
  /** What its requests were read by, if they are no streams of HTTP/2. */
  readonly framing: Pick<RequestFraming, "refused">;
  /** What its streams were read by, if there are any. */
  readonly frames: Pick<FrameFilter, "streams">;
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
   * the client sends is read as a request. With HTTP/2 it cannot.
   */
  last(): void;
  /** What the client sends from now on is no HTTP/1.1. */
  upgraded(): void;
  /** Takes nothing more from the client than what is on its way, until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Closes the connection. */
  end(): void;
}
