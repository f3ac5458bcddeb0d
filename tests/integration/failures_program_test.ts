import assert from "node:assert/strict";
import {
  currentTarget,
  readFailure,
  releaseNames,
  waitForFailure,
} from "../support/deploy_state.ts";
import { eventually } from "../support/eventually.ts";
import { isAlive } from "../support/process_table.ts";
import { ServerBench } from "../support/server_bench.ts";

const SELF_HINT =
  "See its own output in the log, or run the release by hand to see why";

Deno.test("a version without its program leaves the old one serving", async () => {
  await using bench = await ServerBench.create();
  await bench.registry.publish("v1.0.0", { files: { app: script("") } });
  await using dewy = bench.start({ program: ["current/app"], ports: [] });
  const worker = await startedBy(dewy);
  const target = await currentTarget(bench.workdir);
  const releases = await releaseNames(bench.workdir);
  await bench.registry.publish("v2.0.0");
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(
    failed["error"],
    `Cannot start "current/app": no such program at "${bench.workdir}/current/app"`,
  );
  assert.match(String(failed["hint"]), /^Check the command after -- /);
  assert.equal(failed["restored_to"], "v1.0.0");
  assert.equal(await currentTarget(bench.workdir), target);
  assert.deepEqual(await releaseNames(bench.workdir), releases);
  assert.equal((await bench.oneWorker()).pid, worker);
  assert.equal(dewy.logs("Worker died unexpectedly, restarting").length, 0);
});

for (const ms of [0, 1_500]) {
  Deno.test(`a version whose program ends after ${ms} ms leaves the old one serving`, async () => {
    await using bench = await ServerBench.create();
    await bench.publish("v1.0.0");
    await using dewy = bench.start({ args: ["--confirm-time", "4s"] });
    await bench.serves("v1.0.0");
    const worker = await bench.oneWorker();
    await bench.publish("v2.0.0", {
      program: "exit_after.mjs",
      files: { EXIT_AFTER: String(ms) },
    });
    const failed = await waitForFailure(dewy, "v2.0.0");
    assert.match(
      String(failed["error"]),
      /^The new worker exited with code 3 after [\d.]+m?s, before it was ready$/,
    );
    assert.equal(failed["hint"], SELF_HINT);
    assert.equal(await bench.version(), "v1.0.0");
    assert.equal((await bench.oneWorker()).pid, worker.pid);
    const failure = await readFailure(bench.workdir, "v2.0.0");
    assert.ok(!failure.quarantined, "a program that fails is not bad bytes");
    const pauseMs = failure.retryAt - failure.lastAt;
    assert.ok(pauseMs >= 45_000 && pauseMs <= 60_000, `pause ${pauseMs} ms`);
  });
}

Deno.test("the first version of all fails: nothing is left in front, and the next one is deployed", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0", {
    program: "exit_after.mjs",
    files: { EXIT_AFTER: "0" },
  });
  await using dewy = bench.start();
  const failed = await waitForFailure(dewy, "v1.0.0");
  assert.equal(failed["restored_to"], undefined);
  await assert.rejects(currentTarget(bench.workdir), Deno.errors.NotFound);
  assert.deepEqual(await releaseNames(bench.workdir), []);
  await bench.publish("v1.0.1");
  await bench.serves("v1.0.1");
});

Deno.test("an old worker that ignores SIGTERM is killed after --kill-delay", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0", { program: "ignore_term.mjs" });
  await using dewy = bench.start({ args: ["--kill-delay", "1s"] });
  await bench.serves("v1.0.0");
  const { pid } = await bench.oneWorker();
  await bench.publish("v2.0.0");
  const killed = await dewy.waitForLog(
    "Worker did not end in time and was killed",
    { pid },
  );
  assert.equal(killed.level, "WARN");
  assert.ok(Number(killed["waited"]) >= 0.99e9, "it was killed too early");
  await eventually(async () => !await isAlive(pid), { message: "it is gone" });
  assert.equal(await bench.version(), "v2.0.0");
});

Deno.test("versions published within a second are both deployed, in folders of their own", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({ args: ["--confirm-time", "100ms"] });
  await bench.serves("v1.0.0");
  await bench.publish("v1.0.1");
  await dewy.waitForLog("Deploy started", { tag: "v1.0.1" });
  await bench.publish("v1.0.2");
  await bench.serves("v1.0.2");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v1.0.2" });
  const names = await releaseNames(bench.workdir);
  assert.equal(names.length, 3);
  assert.ok((await currentTarget(bench.workdir)).endsWith(names[2] ?? "-"));
});

function script(line: string): string {
  return `#!/bin/sh\n${line}\nexec sleep 600\n`;
}

/** Waits for the first worker and returns its process id. */
async function startedBy(
  dewy: { waitForLog(msg: string): Promise<Readonly<Record<string, unknown>>> },
): Promise<unknown> {
  await dewy.waitForLog("Deployment completed successfully");
  return (await dewy.waitForLog("Starting new worker"))["pid"];
}
