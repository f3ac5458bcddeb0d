import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { assertInOrder } from "../support/in_order.ts";
import { Random } from "../support/random.ts";
import { ServerBench } from "../support/server_bench.ts";

const KILLS = Number(Deno.env.get("DEWY_TEST_KILLS") ?? 100);
/** A deploy of these small archives with its cleaning up is over by then, milliseconds. */
const LONGEST_MS = 400;
const BACK_MS = 10_000;
const OPTIONS = { args: ["--confirm-time", "200ms"] };

const random = Random.fromEnv();

// The name holds the seed, so that a run can be repeated with DEWY_TEST_SEED.
Deno.test(`kill -9 at ${KILLS} random instants of a deploy never leaves neither version (seed ${random.seed})`, async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  let cutShort = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const ms = Math.floor(random.next(LONGEST_MS));
    try {
      if (await killInDeploy(bench, { kill, ms })) cutShort++;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Kill ${kill}, after ${ms} ms: ${message}`, { cause });
    }
  }
  await using _dewy = bench.start(OPTIONS);
  await backWith(bench, `v1.0.${KILLS}`);
  // The rest came when the release was in service, and was being reported and tidied up after.
  assert.ok(cutShort >= Math.floor(KILLS / 2), `only ${cutShort} hits`);
});

/**
 * Brings the version before into service, and kills dewy so long after it began
 * to deploy the next one: published while it ran (odd kills), or there already
 * at its start (even kills). Returns whether the deploy was not over.
 */
async function killInDeploy(
  bench: ServerBench,
  { kill, ms }: { readonly kill: number; readonly ms: number },
): Promise<boolean> {
  const tag = `v1.0.${kill}`;
  const whileRunning = kill % 2 === 1;
  if (!whileRunning) await bench.publish(tag);
  await using dewy = bench.start(OPTIONS);
  if (whileRunning) {
    await backWith(bench, `v1.0.${kill - 1}`);
    await bench.publish(tag);
  }
  await dewy.waitForLog("Deploy started", { tag });
  await delay(ms);
  await dewy.crash();
  return dewy.logs("Deployment completed successfully", { tag }).length === 0;
}

/** Sees some version served soon, and this one in the end. */
async function backWith(bench: ServerBench, newest: string): Promise<void> {
  const [, minor = ""] = /^v1\.0\.(\d+)$/.exec(newest) ?? [];
  const served = await eventually(() => bench.version(), {
    timeoutMs: BACK_MS,
    message: "a version is served again",
  });
  const number = Number(served.slice("v1.0.".length));
  assert.ok(number <= Number(minor) && number >= Number(minor) - 2, served);
  await assertInOrder(bench, newest);
}
