import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(
  new URL("../fixtures/programs/named_backend.ts", import.meta.url),
);

/** A backend process that says its name over HTTP, WebSocket and TCP. */
export class NamedBackend implements AsyncDisposable {
  readonly name: string;
  readonly httpPort: number;
  readonly tcpPort: number;
  #process: Deno.ChildProcess;

  private constructor(
    name: string,
    process: Deno.ChildProcess,
    [httpPort = 0, tcpPort = 0]: readonly number[],
  ) {
    this.name = name;
    this.#process = process;
    this.httpPort = httpPort;
    this.tcpPort = tcpPort;
  }

  static async start(name: string): Promise<NamedBackend> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-net=127.0.0.1", PROGRAM, name],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    const { value = "" } = await reader.read();
    await reader.cancel();
    const ports = value.trim().split(" ").map(Number);
    return new NamedBackend(name, process, ports);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
  }
}
