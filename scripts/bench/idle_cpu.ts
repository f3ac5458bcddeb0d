/**
 * Prints what an idle dewy costs in each mode: processor time and wakeups of
 * its process over a minute, as it ships (bundled), with the interval that it
 * has by default. Container mode needs Docker (scripts/prepare_machine.ts).
 *
 *     deno run -A scripts/bench/idle_cpu.ts [--seconds=60]
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { join } from "node:path";
import { ContainerBench } from "../../tests/support/container_bench.ts";
import { delay } from "../../tests/support/delay.ts";
import { DewyProcess } from "../../tests/support/dewy_process.ts";
import { PROGRAM_VARIABLE } from "../../tests/support/dewy_program.ts";
import { ServerBench } from "../../tests/support/server_bench.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { bundleInto } from "../bundle.ts";
import { print } from "../print.ts";
import { readFigures } from "./soak_figures.ts";

/** What is left of start and deploy is over by then, milliseconds. */
const SETTLE_MS = 30_000;
const DONE = "Deployment completed successfully";

const options = parseArgs(Deno.args, {
  string: ["seconds"],
  default: { seconds: "60" },
});
const seconds = Number(options.seconds);

/** Returns how often the threads of a process have gone to sleep. */
async function sleeps(pid: number): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const status = await Deno.readTextFile(`/proc/${pid}/task/${name}/status`);
    count += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
  }
  return count;
}

/** Measures a dewy that has deployed, and prints one line. */
async function measure(mode: string, dewy: DewyProcess): Promise<void> {
  await dewy.waitForLog(DONE, {}, { timeoutMs: 120_000 });
  await delay(SETTLE_MS);
  const look = async () => ({
    figures: await readFigures(dewy.pid, dewy.cwd),
    sleeps: await sleeps(dewy.pid),
  });
  const before = await look();
  await delay(seconds * 1000);
  const after = await look();
  const { figures: last } = after;
  if (before.figures === undefined || last === undefined) {
    throw new Error(`dewy has ended\n${dewy.transcript()}`);
  }
  const cpuMs = last.cpuMs - before.figures.cpuMs;
  const wakeups = (after.sleeps - before.sleeps) / seconds;
  print(
    `${mode.padEnd(12)}${cpuMs} ms of processor time in ${seconds} s (${
      (cpuMs / seconds / 10).toFixed(2)
    } %), ${wakeups.toFixed(1)} wakeups/s, ${
      last.residentMb.toFixed(1)
    } MB, ${last.threads} threads\n`,
  );
}

async function measureServer(): Promise<void> {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await measure("server", bench.start({ args: ["--interval", "10s"] }));
}

async function measureAssets(): Promise<void> {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = DewyProcess.start({
    cwd: bench.workdir,
    args: ["assets", "--registry", bench.registry.url],
  });
  await measure("assets", dewy);
}

async function measureContainer(health: readonly string[]): Promise<void> {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy("--interval", "10s", ...health);
  await measure(health.length === 0 ? "container" : "…, health", dewy);
}

await using folder = await TempDir.create();
Deno.env.set(PROGRAM_VARIABLE, await bundleInto(join(folder.path, "bundle")));
await Promise.all([measureServer(), measureAssets()]);
await measureContainer([]);
await measureContainer(["--health-path", "/healthz"]);
