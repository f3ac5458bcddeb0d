import assert from "node:assert/strict";
import type { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";
import { ServerBench } from "../support/server_bench.ts";

const RESTARTS = 20;

Deno.test("an upgrade under load fails no request", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  await using load = LoadClient.start({ target: { port: bench.port } });
  await moreRequests(load);
  await bench.publish("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", {
    tag: "v2.0.0",
  });
  await dewy.waitForLog("Worker ended", { generation: 1 });
  const byOld = load.versions.get("v1.0.0");
  await moreRequests(load);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual([...load.versions.keys()], ["v1.0.0", "v2.0.0"]);
  assert.equal(load.versions.get("v1.0.0"), byOld);
  const worker = await bench.oneWorker();
  assert.equal(worker.env["SERVER_STARTER_GENERATION"], "2");
});

Deno.test("twenty restarts under load fail no request", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({ args: ["--confirm-time", "200ms"] });
  await bench.serves("v1.0.0");
  await using load = LoadClient.start({ target: { port: bench.port } });
  await moreRequests(load);
  let version = "v1.0.0";
  for (let restart = 1; restart <= RESTARTS; restart++) {
    if (restart % 3 === 0) {
      version = `v1.0.${restart}`;
      await bench.publish(version);
    } else {
      dewy.kill(restart % 3 === 1 ? "SIGHUP" : "SIGUSR1");
    }
    await dewy.waitForLog("Sending TERM to old worker", {
      generation: restart,
    });
  }
  await dewy.waitForLog("Worker ended", { generation: RESTARTS });
  await moreRequests(load);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.equal(load.lastVersion, version);
  assert.equal(mostInFront(dewy), 2, "workers that were not told to finish");
  const worker = await bench.oneWorker();
  assert.equal(worker.env["SERVER_STARTER_GENERATION"], `${RESTARTS + 1}`);
});

/** Waits for 200 requests more. */
async function moreRequests(load: LoadClient): Promise<void> {
  const wanted = load.requests + 200;
  await eventually(() => load.requests >= wanted, {
    message: `${wanted} requests are answered (${load.failures.join(", ")})`,
  });
}

/** The most workers that ran at a time and had not been told to finish: one in front, and one that proves itself. */
function mostInFront(dewy: DewyProcess): number {
  const running = new Set<unknown>();
  let most = 0;
  for (const { msg, generation } of dewy.logs()) {
    if (msg === "Starting new worker") running.add(generation);
    if (msg === "Sending TERM to old worker") running.delete(generation);
    if (msg === "Worker ended") running.delete(generation);
    most = Math.max(most, running.size);
  }
  return most;
}
