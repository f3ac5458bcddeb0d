import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { OperatorClient } from "../support/operator_client.ts";
import { ServerBench } from "../support/server_bench.ts";

const DONE = "Deployment completed successfully";
const WELL = { program: "health.mjs", files: { STATUS: "200" } };

Deno.test("a restart that takes its time gives way to a roll-back, and that is told", async () => {
  await using bench = await ServerBench.create();
  const dewy = bench.start({
    args: ["--health-path", "/healthz", "--health-timeout", "60s"],
  });
  for (const version of ["v1.0.0", "v1.1.0"]) {
    await bench.publish(version, WELL);
    await dewy.waitForLog(DONE, { tag: version });
  }
  using client = await OperatorClient.connect(bench.workdir);
  await bench.oneWorker();
  const status = join(bench.workdir, "current", "STATUS");
  await Deno.writeTextFile(status, "500");
  assert.equal((await client.act("restart"))["result"], "started");
  await eventually(async () => (await bench.workers()).length === 2, {
    timeoutMs: 20_000,
    message: "the new worker is on trial",
  });
  const { result, version } = await client.act("rollback");
  assert.deepEqual([result, version], ["started", "v1.0.0"]);
  const { error } = await dewy.waitForLog(
    "Server restart failed, the old worker stays",
  );
  assert.match(String(error), /is called off: an operator goes back/);
  await bench.serves("v1.0.0");
  await bench.oneWorker();
});
