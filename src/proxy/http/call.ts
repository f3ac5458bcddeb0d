import type { BackendConnection } from "./backend_connection.ts";
import { ClientFault } from "./fault.ts";
import type { ClientSession, Exchange } from "./client_session.ts";
import type { OutboundHead } from "./outbound.ts";
import type { RequestBody } from "./request_body.ts";

/** One request on its way through the proxy, from its head to the last byte of the answer. */
export class Call implements Exchange {
  readonly head: OutboundHead;
  readonly body: RequestBody | undefined;
  #session: ClientSession;
  #connection: BackendConnection | undefined;
  #ended: ClientFault | undefined;
  #waiting = new Set<() => void>();
  #onOver: (bytes: number) => void;
  #isOver = false;

  /** @param onOver Called once when there is nothing more to do, with the size of the answer's body. */
  constructor(
    session: ClientSession,
    head: OutboundHead,
    body: RequestBody | undefined,
    onOver: (bytes: number) => void,
  ) {
    this.#session = session;
    this.head = head;
    this.body = body;
    this.#onOver = onOver;
    session.enter(this);
  }

  /** Whether a client is still there to be served. */
  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** The client is gone. */
  abort(): Promise<void> | undefined {
    this.end(new ClientFault("The client left"));
    const { body } = this;
    return body?.isBeingRead ? body.cancel() : undefined;
  }

  /** What the client sends is not what the head of its request said. */
  refuse(fault: ClientFault): void {
    this.end(fault);
  }

  /** Gives up, in whatever state it is. */
  end(fault: ClientFault): void {
    if (this.#ended !== undefined || this.#isOver) return;
    this.#ended = fault;
    void this.body?.cancel();
    this.#connection?.close(fault);
    for (const wake of this.#waiting) wake();
  }

  /** @throws {ClientFault} When there is nobody to be served any more. */
  check(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /**
   * Makes it depend on a connection, until the body of the answer is read.
   *
   * @throws {ClientFault} When there is nobody to be served any more.
   */
  use(connection: BackendConnection): void {
    this.#connection = connection;
    if (this.#ended === undefined) return;
    connection.close(this.#ended);
    throw this.#ended;
  }

  /** The answer is on its way: it is over when the connection is done with it, which must not have been before. */
  follow(connection: BackendConnection): void {
    const before = connection.exchanges;
    connection.whenDone(() => {
      const cut = connection.exchanges === before ? this.#cut() : undefined;
      this.over(connection.bodyBytes);
      return cut;
    });
  }

  /**
   * The answer failed. While a body is to come, the server of HTTP/1.1 does not
   * tell the client; and it never closes its end of the connection when it is
   * told of the failure in the middle of a read.
   */
  #cut(): Promise<void> | undefined {
    const { body, head } = this;
    if (body === undefined || body.isWhole || head.isStream) return undefined;
    this.#session.end();
    return body.cancel();
  }

  /** Calls `wake` as soon as it is of no use to wait for anything. */
  onEnd(wake: () => void): Disposable {
    this.#waiting.add(wake);
    if (this.isEnded) wake();
    return { [Symbol.dispose]: () => this.#waiting.delete(wake) };
  }

  /** Nothing more is done for the client. */
  over(bytes: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // By now it may serve somebody else.
    this.#connection = undefined;
    this.#session.leave(this);
    void this.body?.cancel();
    this.#onOver(bytes);
  }
}
