import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { RegistryFolder } from "../support/registry_folder.ts";
import { TempDir } from "../support/temp_dir.ts";

const VERSIONS = 10_000;
const NEWEST = "v2.0.0";
/** Longest time for one poll, milliseconds. */
const TICK_MS = 1_000;
/** While the heap finds its size, milliseconds. */
const WARM_UP_MS = 5_000;
const WATCHED_SECONDS = 20;
/** What garbage that is not collected yet may make of it, MiB. */
const NOISE_MIB = 24;

Deno.test("10,000 versions are polled in under a second, in memory that does not grow", async () => {
  await using dir = await TempDir.create();
  const registry = await fullRegistry(dir.join("registry"));
  await Deno.mkdir(dir.join("work"));
  await using dewy = DewyProcess.start({
    cwd: dir.join("work"),
    args: ["assets", "--registry", registry.url, "--interval", "100ms"],
  });
  await dewy.waitForLog("Deployment completed successfully", { tag: NEWEST });
  await delay(WARM_UP_MS);
  const memory: number[] = [];
  while (memory.length < WATCHED_SECONDS) {
    memory.push(await residentMib(dewy.pid));
    await delay(1_000);
  }
  const times = dewy.logs("Deploy skipped").map(({ time }) => Date.parse(time));
  // The next poll waits for the end of the last: no poll takes longer than that.
  const ticks = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  assert.ok(ticks.length > WATCHED_SECONDS / 2, dewy.transcript());
  assert.ok(median(ticks) < TICK_MS, `${ticks.join(", ")} ms`);
  // The least of each half: what is left after a collection.
  const half = WATCHED_SECONDS / 2;
  const grown = Math.min(...memory.slice(half)) -
    Math.min(...memory.slice(0, half));
  assert.ok(grown < NOISE_MIB, `${memory.join(", ")} MiB`);
});

/** Returns a registry of many versions, whose newest is complete. */
async function fullRegistry(path: string): Promise<RegistryFolder> {
  const registry = await RegistryFolder.create(path);
  for (let n = 1; n < VERSIONS; n++) {
    await Deno.mkdir(`${path}/v1.${Math.floor(n / 100)}.${n % 100}`);
  }
  await registry.publish(NEWEST);
  return registry;
}

async function residentMib(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
