import type { Exchange } from "./client_session.ts";
import { ClientFault } from "./fault.ts";

/** What is done for one client at present: one thing after another, or many side by side over HTTP/2. */
export class Exchanges {
  /** So many began. */
  begun = 0;
  /** Requests that the server has read. */
  arrived = 0;
  #current = new Set<Exchange>();

  /** So many are under way. */
  get size(): number {
    return this.#current.size;
  }

  enter(exchange: Exchange): void {
    this.begun++;
    this.#current.add(exchange);
  }

  leave(exchange: Exchange): void {
    this.#current.delete(exchange);
  }

  /** The client is gone; returns what has to be done before the server hears of it. */
  abort(): Promise<void>[] {
    return [...this.#current].map((exchange) => exchange.abort())
      .filter((reading) => reading !== undefined);
  }

  /** The client sends nothing more. */
  hungUp(): void {
    for (const exchange of this.#current) exchange.hungUp?.();
  }

  /** What the client sends is not what the head of its request said. */
  refuse(): void {
    const fault = new ClientFault("The chunks of the client are not HTTP");
    for (const exchange of this.#current) exchange.refuse?.(fault);
  }
}
