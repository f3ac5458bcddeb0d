/** An operator wants to go back. */
export interface WayBack {
  readonly kind: "rollback";
  /** The version that he does not want: it was in service, or on its way there. */
  readonly leave: string;
  /** The version that was in service when he said so. */
  readonly present: string;
  /** Where to, if he named a version. */
  readonly to?: string | undefined;
}

/** What the loop is to do besides its polls. */
export type Task =
  /** Check now; with a tag: deploy that one. */
  | { readonly kind: "deploy"; readonly tag?: string | undefined }
  | WayBack
  | { readonly kind: "pin"; readonly tag: string }
  /** What is remembered has changed: decide anew. */
  | { readonly kind: "check" }
  | { readonly kind: "restart" };

/** What became of a task: its work may go on. */
export type Outcome =
  | {
    readonly kind: "started";
    readonly tag: string | undefined;
    readonly reason: string;
  }
  | {
    readonly kind: "nothing-to-do";
    readonly tag: string | undefined;
    readonly reason: string;
  };

/** A task and whoever waits for its begin. */
export interface Order {
  readonly task: Task;
  /** The work has begun, or there is none. */
  readonly settle: (outcome: Outcome) => void;
  /** It cannot be done. */
  readonly refuse: (error: unknown) => void;
}

/** Orders of an operator on their way to the loop, which does one with each tick. */
export class Orders {
  #waiting: Order[] = [];
  #wake = new AbortController();
  #closedBy: Error | undefined;

  /** Aborted while there is an order. */
  get wake(): AbortSignal {
    return this.#wake.signal;
  }

  /** Gives an order; resolves when its work has begun, or rejects when it cannot. */
  give(task: Task): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#push({ task, settle: resolve, refuse: reject });
    return promise;
  }

  /** Has the loop decide anew; nobody waits for that. */
  nudge(): void {
    const ignore = () => {};
    this.#push({ task: { kind: "check" }, settle: ignore, refuse: ignore });
  }

  /** Takes the next order, if there is one. */
  take(): Order | undefined {
    const order = this.#waiting.shift();
    if (order !== undefined && this.#waiting.length === 0) {
      this.#wake = new AbortController();
    }
    return order;
  }

  /** Refuses all that wait, and all that come. */
  close(error: Error): void {
    this.#closedBy = error;
    for (const { refuse } of this.#waiting.splice(0)) refuse(error);
  }

  #push(order: Order): void {
    if (this.#closedBy !== undefined) return order.refuse(this.#closedBy);
    this.#waiting.push(order);
    this.#wake.abort();
  }
}
