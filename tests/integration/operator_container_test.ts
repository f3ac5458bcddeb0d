import assert from "node:assert/strict";
import {
  ContainerBench,
  type ListedContainer,
} from "../support/container_bench.ts";
import { readState, waitForTicks } from "../support/deploy_state.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";
import { OperatorClient } from "../support/operator_client.ts";

const DONE = "Container deployment completed";
const ARGS = ["--replicas", "2", "--health-path", "/healthz"];

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: containers are rolled back by their digest, restarted one by one, and nobody notices`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy(...ARGS);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    await bench.publish("v1.1.0");
    await dewy.waitForLog(DONE, { tag: "v1.1.0" });
    using client = await OperatorClient.connect(bench.folder.path);
    await isQuiet(client);
    // What is here needs no registry.
    await bench.registry.stop();
    const target = { port: bench.port };
    await using load = LoadClient.start({ target, keepAlive: 2, fresh: 1 });
    const { result, version } = await client.act("rollback");
    assert.deepEqual([result, version], ["started", "v1.0.0"]);
    await eventually(async () => await client.current() === "v1.0.0", {
      timeoutMs: 30_000,
      message: "v1.0.0 is in service again",
    });
    await isQuiet(client);
    const back = await bench.settles(2, "v1.0.0");
    const { rollback, history } = await readState(bench.folder.path);
    assert.deepEqual([rollback?.from, rollback?.to], ["v1.1.0", "v1.0.0"]);
    assert.equal(history.at(-1)?.outcome, "rolled-back");
    await client.act("restart");
    await eventually(async () => {
      const ids = idsOf(await bench.settles(2, "v1.0.0"));
      assert.ok(ids.every((id) => !idsOf(back).includes(id)));
      return true;
    }, { timeoutMs: 30_000, message: "both containers are others" });
    await load.stop();
    assert.deepEqual(load.failures, []);
    const { replicas, ports } = await client.status();
    assert.match(
      JSON.stringify(replicas),
      /"version":"v1\.0\.0".*"healthy":true/,
    );
    assert.match(JSON.stringify(ports), /"protocol":"http".*"state":"ready"/);
  });

  Deno.test(`${kind}: a way back of containers holds when dewy is killed in the middle`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    {
      await using dewy = bench.dewy(...ARGS);
      await dewy.waitForLog(DONE, { tag: "v1.0.0" });
      await bench.publish("v1.1.0");
      await dewy.waitForLog(DONE, { tag: "v1.1.0" });
      using client = await OperatorClient.connect(bench.folder.path);
      await isQuiet(client);
      await client.act("rollback");
      await dewy.waitForLog("Deploy started", { tag: "v1.0.0" });
      await dewy.crash();
    }
    await using dewy = bench.dewy(...ARGS);
    await eventually(
      async () =>
        (await readState(bench.folder.path)).deployed?.tag === "v1.0.0",
      { timeoutMs: 40_000, message: "the way back is completed" },
    );
    await waitForTicks(dewy, 2);
    await bench.settles(2, "v1.0.0");
    assert.equal(await bench.ask(), "v1.0.0");
  });
}

/** Waits until dewy only waits for the next poll. */
async function isQuiet(client: OperatorClient): Promise<void> {
  await eventually(async () => {
    const { phase, deploying } = await client.status();
    return phase === "waiting" && deploying === null;
  }, { timeoutMs: 30_000, message: "the deploy is over" });
}

function idsOf(containers: readonly ListedContainer[]): readonly string[] {
  return containers.map(({ Id }) => Id);
}
