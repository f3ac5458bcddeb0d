/** What is known of a client when it is asked what it owes. */
interface ClientFacts {
  /** Grows when the client sends. */
  readonly progress: number;
  /** Requests so far. */
  readonly requests: number;
  /** Whether an answer is under way. */
  readonly isServed: boolean;
}

/** Since when a client owes the rest of the head of a request; monotonic milliseconds. */
export class HeadDebt {
  #requestsSeen = 0;
  /** Progress of the client when it last owed nothing. */
  #quietAt = 0;
  #since: number | undefined;

  /** @param now It owes its first request from then on. */
  constructor(now: number) {
    this.#since = now;
  }

  /** Returns since when, `undefined` when it owes nothing. It has to be asked now and then. */
  since(now: number, client: ClientFacts): number | undefined {
    const { progress, requests } = client;
    if (client.isServed || requests !== this.#requestsSeen) {
      this.#requestsSeen = requests;
      this.#quietAt = progress;
      this.#since = undefined;
    } else if (progress !== this.#quietAt) this.#since ??= now;
    return this.#since;
  }
}
