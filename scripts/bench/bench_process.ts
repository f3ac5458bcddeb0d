import { eventually } from "../../tests/support/eventually.ts";
import type { Launch } from "./proxy_peers.ts";

/** What a process and its children have used. */
export interface Usage {
  /** Processor time so far, milliseconds. */
  readonly cpuMs: number;
  /** Resident memory now, MB. */
  readonly residentMb: number;
}

/** Of the clock that the kernel counts processor time with, Hz. */
const TICKS = 100;

/** A server that a benchmark started. */
export class BenchProcess implements AsyncDisposable {
  #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Starts it behind `prefix`, and waits until it listens on `port`. */
  static async start(
    launch: Launch,
    options: {
      readonly folder: string;
      readonly port: number;
      readonly prefix: readonly string[];
    },
  ): Promise<BenchProcess> {
    const { folder, port, prefix } = options;
    for (const [name, text] of Object.entries(launch.files ?? {})) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const [program = "", ...args] = [...prefix, ...launch.command];
    const child = new Deno.Command(program, {
      args,
      env: { ...launch.env },
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    const process = new BenchProcess(child);
    try {
      await eventually(async () => {
        using _probe = await Deno.connect({ hostname: "127.0.0.1", port });
        return true;
      }, { message: `${launch.command[0]} listens` });
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
    return process;
  }

  async usage(): Promise<Usage> {
    const { pid } = this.#child;
    const path = `/proc/${pid}/task/${pid}/children`;
    const children = (await Deno.readTextFile(path)).trim().split(" ");
    const pids = [`${pid}`, ...children.filter((child) => child !== "")];
    const all = await Promise.all(pids.map(usageOf));
    return {
      cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      residentMb: all.reduce((sum, { residentMb }) => sum + residentMb, 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#child.status;
    try {
      this.#child.kill("SIGTERM");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await ended;
  }
}

async function usageOf(pid: string): Promise<Usage> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) / TICKS * 1000,
    residentMb: Number(kb) / 1024,
  };
}
