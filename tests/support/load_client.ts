import { delay } from "./delay.ts";
import { HttpConnection, type Target } from "./http_connection.ts";

/** How a {@link LoadClient} asks. */
export interface LoadOptions {
  readonly target: Target;
  /** Loops that keep their connection. */
  readonly keepAlive?: number;
  /** Loops that connect for every request. */
  readonly fresh?: number;
  readonly path?: string;
  /** Pause of each loop between an answer and the next request, milliseconds. */
  readonly pauseMs?: number;
}

/**
 * Asks without end, each loop waiting for its answer. A refused or broken
 * connection, a short answer and a status other than 200 count as failures;
 * nothing is tried again.
 */
export class LoadClient implements AsyncDisposable {
  requests = 0;
  /** Reasons of failed requests, with the time of each. */
  readonly failures: string[] = [];
  /** Answered requests by the version that answered: the first word of the body. */
  readonly versions = new Map<string, number>();
  /** Version of the newest answer. */
  lastVersion = "";
  #options: LoadOptions;
  #running = true;
  #loops: Promise<void>[];

  private constructor(options: LoadOptions) {
    this.#options = options;
    const { keepAlive = 4, fresh = 4 } = options;
    this.#loops = [
      ...Array.from({ length: keepAlive }, () => this.#keepAliveLoop()),
      ...Array.from({ length: fresh }, () => this.#freshLoop()),
    ];
  }

  static start(options: LoadOptions): LoadClient {
    return new LoadClient(options);
  }

  /** Lets every loop end with the answer it waits for. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #freshLoop(): Promise<void> {
    while (this.#running) {
      await this.#counted(async () => {
        using connection = await HttpConnection.open(this.#options.target);
        await this.#ask(connection);
      });
    }
  }

  async #keepAliveLoop(): Promise<void> {
    while (this.#running) {
      await this.#counted(async () => {
        using connection = await HttpConnection.open(this.#options.target);
        while (this.#running) {
          if (await this.#ask(connection)) return;
          await delay(this.#options.pauseMs ?? 1);
        }
      });
    }
  }

  async #ask(connection: HttpConnection): Promise<boolean> {
    const { path = "/" } = this.#options;
    const { status, body, close } = await connection.get(path);
    this.requests++;
    if (status !== 200) throw new Error(`Status ${status}`);
    const [version = ""] = body.split(" ");
    this.versions.set(version, (this.versions.get(version) ?? 0) + 1);
    this.lastVersion = version;
    return close;
  }

  async #counted(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.failures.push(`${new Date().toISOString()} ${reason}`);
    }
    await delay(this.#options.pauseMs ?? 1);
  }
}
