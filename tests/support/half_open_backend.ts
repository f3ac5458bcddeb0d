import { fileURLToPath } from "node:url";
import type { Backend } from "../../src/proxy/backend.ts";
import { eventually } from "./eventually.ts";

const PROGRAM = fileURLToPath(
  new URL("../fixtures/half_open_backend.py", import.meta.url),
);

/** An HTTP server that can lose its connections without telling anybody. It takes root. */
export class HalfOpenBackend implements AsyncDisposable {
  /** The lines of the requests that reached it. */
  readonly requests: string[] = [];
  #child: Deno.ChildProcess;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #port = 0;
  /** How many connections it lost each time. */
  #forgotten: number[] = [];
  #reading: Promise<void>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#reading = this.#read();
  }

  static async start(): Promise<HalfOpenBackend> {
    const child = new Deno.Command("python3", {
      args: ["-u", PROGRAM],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const backend = new HalfOpenBackend(child);
    await eventually(() => backend.#port > 0, {
      message: "the backend listens",
    });
    return backend;
  }

  as(): Backend {
    const hostname = "127.0.0.1";
    return { id: "half-open", hostname, port: this.#port, state: "ready" };
  }

  /** Loses all connections; how many there were. */
  async forget(): Promise<number> {
    const before = this.#forgotten.length;
    await this.#writer.write(new TextEncoder().encode("forget\n"));
    return await eventually(() => this.#forgotten[before], {
      message: "the connections are lost",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#child.status;
    await this.#reading;
  }

  async #read(): Promise<void> {
    let text = "";
    const parts = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of parts) {
      text += part;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    }
  }

  #take(line: string): void {
    const forgot = /^forgot (\d+)$/.exec(line)?.[1];
    if (forgot !== undefined) this.#forgotten.push(Number(forgot));
    else if (this.#port === 0) this.#port = Number(line);
    else this.requests.push(line);
  }
}
