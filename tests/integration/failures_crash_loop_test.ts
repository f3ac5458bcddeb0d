import assert from "node:assert/strict";
import { denoProgram, ServerBench } from "../support/server_bench.ts";
import {
  currentTarget,
  readFailure,
  readState,
  waitForFailure,
  waitForTicks,
} from "../support/deploy_state.ts";
import { signalIfThere } from "../support/process_table.ts";

Deno.test("a version that crash-loops after it was accepted is taken back", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  await dewy.waitForLog("Deployment completed successfully");
  const target = await currentTarget(bench.workdir);
  await bench.publish("v2.0.0", {
    program: "exit_after.mjs",
    files: { EXIT_AFTER: "900" },
  });
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  const failed = await dewy.waitForLog(
    "Deploy failed",
    { tag: "v2.0.0" },
    { timeoutMs: 40_000 },
  );
  assert.equal(failed.level, "ERROR");
  assert.match(
    String(failed["error"]),
    /^The worker of v2\.0\.0 died \d+ times in a row after its deploy$/,
  );
  assert.match(String(failed["hint"]), /publish a newer version$/);
  assert.equal(failed["restored_to"], "v1.0.0");
  assert.equal(await currentTarget(bench.workdir), target);
  await bench.serves("v1.0.0");
  const { pid } = await bench.oneWorker();

  await waitForTicks(dewy, 10);
  assert.equal(dewy.logs("Deploy started", { tag: "v2.0.0" }).length, 1);
  assert.equal((await bench.oneWorker()).pid, pid);
  assert.equal((await readState(bench.workdir)).deployed?.tag, "v1.0.0");
  assert.equal((await readFailure(bench.workdir, "v2.0.0")).attempts, 1);
  await bench.publish("v3.0.0");
  await bench.serves("v3.0.0");
});

Deno.test("the first version of all is respawned with growing pauses when it crash-loops", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0", {
    program: "exit_after.mjs",
    files: { EXIT_AFTER: "600" },
  });
  await using dewy = bench.start({ args: ["--confirm-time", "100ms"] });
  await dewy.waitForLog(
    "Worker died unexpectedly, restarting",
    { deaths: 4 },
    { timeoutMs: 40_000 },
  );
  const pauses = dewy.logs("Worker died unexpectedly, restarting")
    .map((record) => Number(record["restart_in"]) / 1e6);
  assert.equal(pauses[0], 0);
  assert.ok((pauses[2] ?? 0) > (pauses[1] ?? 0), `pauses ${pauses}`);
  assert.ok((pauses[3] ?? 0) > (pauses[2] ?? 0), `pauses ${pauses}`);
  assert.equal(dewy.logs("Deploy started").length, 1);
  await bench.publish("v1.0.1");
  await bench.serves("v1.0.1");
});

Deno.test("a worker that is killed is replaced at once, without a deploy", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({ program: denoProgram("current/app.mjs") });
  await bench.serves("v1.0.0");
  await dewy.waitForLog("Deployment completed successfully");
  const { pid } = await bench.oneWorker();
  signalIfThere(pid, "SIGKILL");
  const told = await dewy.waitForLog("Worker died unexpectedly, restarting");
  assert.equal(told["pid"], pid);
  assert.equal(told["status"], "SIGKILL");
  await bench.serves("v1.0.0");
  assert.notEqual((await bench.oneWorker()).pid, pid);
  assert.equal(dewy.logs("Deploy started").length, 1);
});

Deno.test("a version that fails is not left running when the old worker dies during its deploy", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const hook =
    'test "$DEWY_VERSION" = v1.0.0 || { kill -KILL $(cat pid); sleep 1; }';
  await using dewy = bench.start({
    args: [
      "--after-deploy-hook",
      hook,
      "--health-path",
      "/",
      "--health-timeout",
      "1500ms",
    ],
  });
  await bench.serves("v1.0.0");
  await dewy.waitForLog("Deployment completed successfully");
  const { pid } = await bench.oneWorker();
  await Deno.writeTextFile(`${bench.workdir}/pid`, String(pid));
  // It serves, but not on the socket of the health check.
  const web = await Deno.readTextFile(
    new URL("../fixtures/programs/web.mjs", import.meta.url),
  );
  const half = web.replace(
    "const servers = fds.",
    "const servers = fds.slice(0, 1).",
  );
  assert.notEqual(half, web);
  await bench.registry.publish("v2.0.0", { files: { "app.mjs": half } });
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(failed["restored_to"], "v1.0.0");
  await bench.serves("v1.0.0");
  const worker = await bench.oneWorker();
  await waitForTicks(dewy, 3);
  assert.equal((await bench.oneWorker()).pid, worker.pid);
  assert.equal(await bench.version(), "v1.0.0");
});
