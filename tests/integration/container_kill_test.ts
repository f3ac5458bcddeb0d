import assert from "node:assert/strict";
import { ContainerBench } from "../support/container_bench.ts";
import { delay } from "../support/delay.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { Random } from "../support/random.ts";

/** At how many instants dewy is killed on each engine. */
const KILLS = Number(Deno.env.get("DEWY_TEST_CONTAINER_KILLS") ?? 30);
/** A roll-out of two replicas with its cleaning up is over by then as a rule, milliseconds. */
const LONGEST_MS = { docker: 1_600, podman: 900 };
const BACK_MS = 15_000;
const OPTIONS = [
  ...["--replicas", "2"],
  ...["--health-path", "/healthz", "--health-timeout", "10"],
];

const random = Random.fromEnv();

for (const kind of ENGINE_KINDS) {
  // The name holds the seed, so that a run can be repeated with DEWY_TEST_SEED.
  Deno.test(`${kind}: kill -9 at ${KILLS} random instants of a roll-out keeps a version in service, and leaves nothing over (seed ${random.seed})`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    {
      await using dewy = bench.dewy(...OPTIONS);
      await dewy.waitForLog("Container deployment completed");
      await dewy.crash();
    }
    let cutShort = 0;
    let served = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const ms = Math.floor(random.next(LONGEST_MS[kind]));
      try {
        const seen = await killInRollOut(bench, { kill, ms, served });
        served = seen.served;
        if (seen.isCut) cutShort++;
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`Kill ${kill}, after ${ms} ms: ${message}`, { cause });
      }
    }
    await using dewy = bench.dewy(...OPTIONS);
    await dewy.waitForLog("Running containers taken over", { count: 2 });
    await assertServes(bench, KILLS, served);
    await bench.settles(2, `v1.0.${KILLS}`);
    assert.equal(await bench.ask(), `v1.0.${KILLS}`);
    await assertState(bench, `v1.0.${KILLS}`);
    // The rest came when the roll-out was over.
    assert.ok(cutShort >= Math.floor(KILLS / 5), `only ${cutShort} hits`);
  });
}

/**
 * Kills dewy so long after it began to roll the next version out: published
 * while it ran (each third kill), or there already at its start. Returns
 * whether the roll-out was not over, and what was served before it.
 */
async function killInRollOut(
  bench: ContainerBench,
  { kill, ms, served: before }: {
    readonly kill: number;
    readonly ms: number;
    readonly served: number;
  },
): Promise<{ readonly isCut: boolean; readonly served: number }> {
  const tag = `v1.0.${kill}`;
  const whileRunning = kill % 3 === 1;
  if (!whileRunning) await bench.publish(tag);
  await using dewy = bench.dewy(...OPTIONS);
  const taken = await dewy.waitForLog("Running containers taken over");
  // Neither version's containers are fewer than there should be.
  assert.equal(taken["count"], 2, dewy.transcript());
  const served = await assertServes(bench, kill, before);
  if (whileRunning) {
    await bench.settles(2, `v1.0.${kill - 1}`);
    await bench.publish(tag);
  }
  await dewy.waitForLog("Deploy started", { tag }, { timeoutMs: 60_000 });
  await delay(ms);
  await dewy.crash();
  const done = dewy.logs("Deployment completed successfully", { tag });
  return { isCut: done.length === 0, served };
}

/** Sees a version served that is no newer than `newest`, and not older than the one that was served before. */
async function assertServes(
  bench: ContainerBench,
  newest: number,
  oldest: number,
): Promise<number> {
  const served = await eventually(() => bench.ask(), {
    timeoutMs: BACK_MS,
    message: "a version is served again",
  });
  const [, number = "none"] = /^v1\.0\.(\d+)$/.exec(served) ?? [];
  assert.ok(Number(number) <= newest && Number(number) >= oldest, served);
  return Number(number);
}

/** What is remembered is what is there, and no roll-out is under way. */
async function assertState(
  bench: ContainerBench,
  tag: string,
): Promise<void> {
  await eventually(async () => {
    const path = bench.folder.join(".dewy/state.json");
    const state = JSON.parse(await Deno.readTextFile(path));
    assert.equal(state.deployed?.tag, tag);
    assert.equal(state.deploying, undefined);
    return true;
  }, { message: `${tag} is remembered` });
}
