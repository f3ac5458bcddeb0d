/** Descriptors that a client may need: its own, to the HTTP server, in it, to a backend, and one to spare. */
const FILES_PER_CLIENT = 5;
/** Clients that are looked for room for at once. */
const STEP = 32;
/** Descriptors that are taken at once: more would take too long. */
const MOST = 512;

/**
 * Finds out whether there are descriptors for one more client before it is
 * accepted, since the HTTP server ends when it cannot accept. It takes them
 * all and gives them back, but only when there are more clients than ever.
 */
export class FileRoom {
  /** So many clients had room. */
  #proven = 0;

  /**
   * @param clients How many there are already.
   * @param unsettled How many of them have not taken what they may need.
   * @throws When there are not enough descriptors for another one.
   */
  find(clients: number, unsettled: () => number): void {
    if (clients < this.#proven) return;
    const owed = unsettled() * (FILES_PER_CLIENT - 1);
    for (let more = STEP; clients >= this.#proven; more = more / 2) {
      try {
        take(Math.min(more * FILES_PER_CLIENT + owed, MOST));
        this.#proven = clients + more;
      } catch (error) {
        if (more === 1) throw error;
      }
    }
  }

  /** Looks again for those that had room. */
  forget(): void {
    this.#proven = 0;
  }
}

function take(count: number): void {
  using files = new DisposableStack();
  for (let index = 0; index < count; index++) {
    files.use(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  }
}
