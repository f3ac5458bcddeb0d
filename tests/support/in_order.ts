import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { get } from "./http_connection.ts";
import type { ServerBench } from "./server_bench.ts";

/**
 * Waits until everything of a bench is in order with `version` in service: the
 * link, the state, no leftovers, and one worker, which is the one that answers.
 */
export async function assertInOrder(
  bench: ServerBench,
  version: string,
  timeoutMs = 20_000,
): Promise<void> {
  await eventually(async () => {
    await assertOnDisk(bench.workdir, version);
    const [worker, ...others] = await bench.workers();
    assert.ok(worker !== undefined, "no worker runs");
    assert.deepEqual(others.map(({ command }) => command), [], "more workers");
    const { body } = await get({ port: bench.port });
    assert.equal(body, `${version} ${worker.pid}\n`);
    return true;
  }, { timeoutMs, message: `all is in order with ${version}` });
}

/** The part of {@link assertInOrder} that stands on disk. */
export async function assertOnDisk(
  workdir: string,
  version: string,
): Promise<void> {
  assert.deepEqual(await leftovers(workdir), []);
  const current = await Deno.realPath(join(workdir, "current"));
  assert.ok((await Deno.stat(current)).isDirectory);
  const found = await Deno.readTextFile(join(current, "VERSION"));
  assert.equal(found, `${version}\n`);
  const text = await Deno.readTextFile(join(workdir, ".dewy", "state.json"));
  const state = JSON.parse(text);
  assert.equal(state.deployed.tag, version);
  assert.equal(state.deployed.path, current);
  assert.equal(state.deploying, undefined);
}

/** Returns what only an interrupted deploy leaves: half-written files, half-filled folders, a link beside. */
async function leftovers(workdir: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["", ".dewy", ".dewy/cache", "releases"]) {
    for await (const { name } of Deno.readDir(join(workdir, folder))) {
      const isLeft = name.endsWith(".partial") || name === "current.tmp" ||
        name.startsWith(".staging-");
      if (isLeft) found.push(join(folder, name));
    }
  }
  return found;
}
