import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";

const RUNNER = fileURLToPath(
  new URL("../../scripts/bench/proxy_runner.ts", import.meta.url),
);
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
/** Of the clock that the kernel counts processor time with, Hz. */
const TICKS = 100;

/** A plane of the proxy in a process of its own. */
export class PlaneProcess implements AsyncDisposable {
  readonly port: number;
  /** What it has said so far. */
  output = "";
  #child: Deno.ChildProcess;
  #read: Promise<void>;

  private constructor(port: number, child: Deno.ChildProcess) {
    this.port = port;
    this.#child = child;
    this.#read = this.#readAll();
  }

  /**
   * @param options.maxFiles Descriptors that the process may have.
   * @param options.limits What differs from the limits that it has otherwise.
   */
  static async start(
    plane: string,
    backendPort: number,
    options: {
      readonly maxFiles?: number;
      readonly limits?: Readonly<Record<string, number>>;
    } = {},
  ): Promise<PlaneProcess> {
    const port = freePort();
    const { maxFiles = 10_000, limits = {} } = options;
    const run = [Deno.execPath(), "run", "-A", "--config", CONFIG, RUNNER];
    const child = new Deno.Command("sh", {
      args: [
        ...["-c", `ulimit -n ${maxFiles} && exec "$@"`, "sh"],
        ...[...run, plane, `${port}`, `${backendPort}`],
        JSON.stringify(limits),
      ],
      env: { DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const process = new PlaneProcess(port, child);
    await eventually(() => process.output.includes("listening\n"), {
      message: "the plane listens",
    });
    return process;
  }

  /** Its resident memory now, and at most so far, bytes. */
  async memory(): Promise<{ readonly now: number; readonly peak: number }> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    const read = (name: string) =>
      1024 *
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
    return { now: read("VmRSS"), peak: read("VmHWM") };
  }

  /** How many descriptors it has open. */
  descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.#child.pid}/fd`)].length;
  }

  /** Processor time that it has used, milliseconds. */
  async cpuMs(): Promise<number> {
    const stat = await Deno.readTextFile(`/proc/${this.#child.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS * 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#read;
    await this.#child.status;
  }

  async #readAll(): Promise<void> {
    const text = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of text) this.output += part;
  }
}
