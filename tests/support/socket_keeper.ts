import { fileURLToPath } from "node:url";
import { dewyCommand } from "./dewy_program.ts";
import { eventually } from "./eventually.ts";
import { MARK } from "./process_table.ts";

const SCRIPT = fileURLToPath(
  new URL("../fixtures/socket_keeper.py", import.meta.url),
);

/** How a {@link SocketKeeper} is started. */
export interface KeeperOptions {
  /** dewy's working directory. */
  readonly cwd: string;
  /** `127.0.0.1:8000`, `[::]:8000` or a path. */
  readonly address: string;
  /** The file whose existence ends it with the next end of dewy. */
  readonly stopFile: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Holds a listening socket as a socket unit does, and starts dewy with it again and again. */
export class SocketKeeper implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #stopFile: string;
  readonly #reading: Promise<void>[];

  constructor({ cwd, address, stopFile, args, env = {} }: KeeperOptions) {
    this.#stopFile = stopFile;
    this.#child = new Deno.Command("python3", {
      args: [SCRIPT, address, stopFile, ...dewyCommand(), ...args],
      cwd,
      env: { ...env, [MARK]: cwd },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = [this.#child.stdout, this.#child.stderr]
      .map((stream) => this.#read(stream));
  }

  /** Process ids of the dewys so far. */
  started(): number[] {
    return this.lines.flatMap((line) => /^started (\d+)$/.exec(line)?.[1] ?? [])
      .map(Number);
  }

  /** Waits until so many dewys have been started, and returns the newest one's process id. */
  async start(count: number): Promise<number> {
    return await eventually(() => this.started()[count - 1], {
      timeoutMs: 20_000,
      message: `dewy ${count} is started: ${this.lines.join("\n")}`,
    });
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.writeTextFile(this.#stopFile, "");
    const last = this.started().at(-1);
    const ended = this.lines.filter((line) => line.startsWith("ended ")).length;
    if (last !== undefined && ended < this.started().length) {
      Deno.kill(last, "SIGTERM");
    }
    await this.#child.status;
    await Promise.all(this.#reading);
  }
}
