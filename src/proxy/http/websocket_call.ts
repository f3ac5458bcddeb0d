import type { ClientSession, Exchange } from "./client_session.ts";
import type { Waiting } from "./pick_backend.ts";

/** One WebSocket from the first word of its client on. */
export class WebSocketCall implements Exchange, Waiting {
  #session: ClientSession;
  #isEnded = false;
  #isOpen = false;
  #waiting = new Set<() => void>();

  constructor(session: ClientSession) {
    this.#session = session;
    session.enter(this);
  }

  /** Whether the client is gone. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The client is gone. */
  abort(): undefined {
    this.#isEnded = true;
    for (const wake of this.#waiting) wake();
  }

  /** The server waits for an answer of ours, and looks at nothing else meanwhile. */
  hungUp(): void {
    if (!this.#isOpen) this.#session.end();
  }

  /** Both sides are open: what the client says last is on its way. */
  opened(): void {
    this.#isOpen = true;
  }

  onEnd(wake: () => void): Disposable {
    this.#waiting.add(wake);
    if (this.#isEnded) wake();
    return { [Symbol.dispose]: () => this.#waiting.delete(wake) };
  }

  /** Nothing more is done for the client. */
  over(): void {
    this.#session.leave(this);
  }
}
