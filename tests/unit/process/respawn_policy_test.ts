import assert from "node:assert/strict";
import { decideRespawn } from "../../../src/process/respawn_policy.ts";

Deno.test("decideRespawn() replaces a worker that had been well at once", () => {
  assert.deepEqual(decideRespawn(0, 30_000, 0), { deaths: 1, delayMs: 0 });
  assert.deepEqual(decideRespawn(9, 30_000, 0), { deaths: 1, delayMs: 0 });
});

Deno.test("decideRespawn() waits longer with every early death, up to a minute", () => {
  const delays: number[] = [];
  let deaths = 0;
  for (let n = 0; n < 12; n++) {
    const decision = decideRespawn(deaths, 10, 0);
    assert.equal(decision.deaths, deaths + 1);
    deaths = decision.deaths;
    delays.push(decision.delayMs);
  }
  assert.deepEqual(delays.slice(0, 5), [0, 500, 1_000, 2_000, 4_000]);
  assert.equal(delays.at(-1), 60_000);
});
