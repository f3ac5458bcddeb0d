import type { FlowTarget } from "../tcp/flow.ts";
import { LAST_ANSWER_MS } from "./last_words.ts";
import type { Inspector } from "./passage.ts";

/** The time with one server: until there is one, and until that is of no use. */
class Turn {
  readonly server = Promise.withResolvers<Deno.TcpConn>();
  readonly over = Promise.withResolvers<void>();

  constructor() {
    // Nobody may be waiting when the client leaves.
    this.server.promise.catch(() => {});
  }
}

/** As much as the head of a request may have. */
const MOST_HELD_BYTES = 64 * 1024;

/** What a {@link ServerSide} works with. */
export interface ServerSideOptions {
  /** Sees all that the client says before the server does. */
  readonly inspector: () => Inspector;
  /** Whether the server has looked at what it was told. */
  readonly isSeen: () => boolean;
  /** Called when the client says no more. */
  readonly onEnd: () => void;
}

/**
 * What a client says to the HTTP server. Without descriptors the server ends,
 * and with it connections that it never accepted: until it has looked at one,
 * what was said on it is held, so that another server can be told the same.
 */
export class ServerSide implements FlowTarget {
  #server: Deno.TcpConn | undefined;
  #turn = new Turn();
  #options: ServerSideOptions;
  /** `undefined` once there is nothing to repeat, or too much. */
  #held: Uint8Array[] | undefined = [];
  #heldBytes = 0;
  #isClosed = false;

  constructor(options: ServerSideOptions) {
    this.#options = options;
  }

  /** Whether another server can be told all that the client has said. */
  get canRepeat(): boolean {
    return !this.#isClosed && this.#held !== undefined &&
      !this.#options.isSeen();
  }

  /**
   * Talks to `server` from now on, and owns it.
   *
   * @throws When that breaks before it was told what is held.
   */
  async use(server: Deno.TcpConn): Promise<void> {
    this.#server = server;
    const { server: found } = this.#turn;
    for (const bytes of this.#held ?? []) await writeAll(server, bytes);
    found.resolve(server);
  }

  /** Closes a server that broke; what is said from now on waits for another one. */
  drop(): void {
    const { over } = this.#turn;
    this.#turn = new Turn();
    this.#server?.close();
    this.#server = undefined;
    over.resolve();
  }

  /** @throws When the connection is broken for good. */
  async write(bytes: Uint8Array): Promise<number> {
    const pieces = this.#options.inspector().take(bytes);
    for (const piece of pieces) await this.pass(piece);
    return bytes.length;
  }

  /**
   * Says something to the server as it is.
   *
   * @throws When the connection is broken for good.
   */
  async pass(bytes: Uint8Array): Promise<void> {
    for (let passed = 0; passed < bytes.length;) {
      const { server: found, over } = this.#turn;
      const server = await found.promise;
      try {
        const rest = passed === 0 ? bytes : bytes.subarray(passed);
        const count = await server.write(rest);
        this.#hold(rest.subarray(0, count));
        passed += count;
      } catch (error) {
        if (!this.canRepeat) throw error;
        // Whoever reads from the server decides: it may have answered still.
        await over.promise;
      }
    }
  }

  /** The server is not told: it would drop what it has not answered yet. */
  closeWrite(): Promise<void> {
    this.#options.onEnd();
    return Promise.resolve();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#server?.close();
    this.#turn.server.reject(new Deno.errors.BadResource("The client left"));
    this.#turn.over.resolve();
  }

  /**
   * Closes it once nobody reads a body any more. The server would not notice
   * otherwise, and keep its end for good: it gets something in the place of
   * what the client owes, which nobody passes on.
   */
  async closeAfter(
    reading: readonly Promise<void>[],
    filler: string,
  ): Promise<void> {
    const timer = setTimeout(() => this.close(), LAST_ANSWER_MS);
    try {
      await this.pass(new TextEncoder().encode(filler));
      await Promise.all(reading);
    } catch {
      // It has ended, which is what was wanted.
    }
    clearTimeout(timer);
    this.close();
  }

  #hold(bytes: Uint8Array): void {
    if (this.#held === undefined) return;
    this.#heldBytes += bytes.length;
    const isInVain = this.#heldBytes > MOST_HELD_BYTES ||
      this.#options.isSeen();
    if (isInVain) this.#held = undefined;
    else this.#held.push(bytes.slice());
  }
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += await to.write(bytes.subarray(written));
  }
}
