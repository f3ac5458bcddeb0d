import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { assertInOrder } from "../support/in_order.ts";
import { Random } from "../support/random.ts";
import { ServerBench } from "../support/server_bench.ts";

const KILLS = Number(Deno.env.get("DEWY_TEST_KILLS") ?? 100);
/** A deploy of these small archives is over by then, milliseconds. */
const LONGEST_MS = 1_000;
const BACK_MS = 10_000;
const OPTIONS = { args: ["--confirm-time", "200ms"] };

const random = Random.fromEnv();

// The name holds the seed, so that a run can be repeated with DEWY_TEST_SEED.
Deno.test(`kill -9 at ${KILLS} random instants never leaves neither version (seed ${random.seed})`, async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  let takenBack = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const ms = Math.floor(random.next(LONGEST_MS));
    try {
      takenBack += await killAfter(bench, { kill, ms });
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Kill ${kill}, after ${ms} ms: ${message}`, { cause });
    }
  }
  await using _dewy = bench.start(OPTIONS);
  await backWith(bench, `v1.0.${KILLS}`);
  // Most kills come between two deploys, or so early that nothing was begun.
  assert.ok(takenBack >= Math.floor(KILLS / 20), `only ${takenBack} hits`);
});

/**
 * Brings the version before into service; then kills dewy so long after the
 * next one was published (odd kills), or after dewy was started with the next
 * one there already (even kills). Returns how many deploys that the kill before
 * had cut short were taken back.
 */
async function killAfter(
  bench: ServerBench,
  { kill, ms }: { readonly kill: number; readonly ms: number },
): Promise<number> {
  const present = `v1.0.${kill - 1}`;
  const next = `v1.0.${kill}`;
  const whileRunning = kill % 2 === 1;
  if (whileRunning) {
    await using dewy = bench.start(OPTIONS);
    await backWith(bench, present);
    const { length } = dewy.logs("Took back a deploy that was cut short");
    await bench.publish(next);
    await delay(ms);
    await dewy.crash();
    return length;
  } else {
    await bench.publish(next);
    await using dewy = bench.start(OPTIONS);
    await delay(ms);
    await dewy.crash();
    return 0;
  }
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
