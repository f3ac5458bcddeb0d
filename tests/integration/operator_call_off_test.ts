import assert from "node:assert/strict";
import { join } from "node:path";
import { AssetsBench } from "../support/assets_bench.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";

/** Waits as long as the file `hold` is there. */
const HOLD_HOOK = "touch held; while [ -e hold ]; do sleep 0.05; done";
const HOLDING = ["--hook-timeout", "60s", "--interval", "50ms"];

for (const when of ["before", "after"]) {
  Deno.test(`rollback calls off a deploy that is in its ${when}-hook, and it stays called off`, async () => {
    await using bench = await heldDeploy(when);
    const done = await bench.act({ kind: "rollback" });
    assert.deepEqual([done.result, done.version], ["done", "v1.0.0"]);
    assert.match(done.message, /deploy of v1\.1\.0 is called off; v1\.0\.0 /);
    await Deno.remove(join(bench.workdir, "hold"));
    const status = await decided(bench, "rolled-back");
    assert.equal(status.current?.version, "v1.0.0");
    assert.equal(await bench.served(), "v1.0.0");
    const [last] = bench.operations.history();
    assert.deepEqual([last?.version, last?.outcome], ["v1.1.0", "failed"]);
    assert.match(last?.reason ?? "", /called off: an operator goes back/);
    assert.ok(!bench.events.some(({ type }) => type === "tick-failed"));
    await bench.stop();
    await bench.start(...HOLDING);
    assert.equal((await decided(bench, "rolled-back")).failed.length, 1);
    await bench.registry.publish("v1.2.0");
    await bench.serves("v1.2.0");
  });
}

Deno.test("rollback of a deploy under way goes nowhere else", async () => {
  await using bench = await heldDeploy("before");
  await bench.refused({ kind: "rollback", version: "v1.1.0" }, "conflict");
  await bench.refused({ kind: "rollback", version: "v0.9.0" }, "conflict");
  await bench.refused({ kind: "pin", version: "v1.0.0" }, "conflict");
  assert.equal((await bench.status()).deploying?.version, "v1.1.0");
  const named = await bench.act({ kind: "rollback", version: "v1.0.0" });
  assert.equal(named.result, "done");
  assert.equal(await bench.served(), "v1.0.0");
});

Deno.test("a first deploy is not called off: there is nothing to go back to", async () => {
  await using bench = await AssetsBench.create();
  await Deno.writeTextFile(join(bench.workdir, "hold"), "");
  await bench.registry.publish("v1.0.0");
  await bench.start("--before-deploy-hook", HOLD_HOOK, ...HOLDING);
  await isHeld(bench);
  await bench.refused({ kind: "rollback" }, "not-found");
  await Deno.remove(join(bench.workdir, "hold"));
  await bench.serves("v1.0.0");
});

Deno.test("two operators who go back at once go back once", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0", "v1.2.0");
  const answers = await Promise.allSettled([
    bench.act({ kind: "rollback" }),
    bench.act({ kind: "rollback" }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  await bench.serves("v1.1.0");
});

Deno.test("a registry that hangs holds up no way back", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  await bench.stop();
  const port = freePort();
  using _silent = Deno.listen({ port, hostname: "127.0.0.1" });
  const url = `s3://us-east-1/bucket?endpoint=http://127.0.0.1:${port}`;
  await bench.start("--registry", url, "--interval", "50ms");
  await eventually(async () => (await bench.status()).phase === "checking", {
    message: "the registry is asked",
  });
  const startedAt = performance.now();
  const { result } = await bench.act({ kind: "rollback" });
  assert.equal(result, "started");
  assert.ok(performance.now() - startedAt < 30_000, "no time limit was met");
  await eventually(async () => await bench.served() === "v1.0.0", {
    timeoutMs: 20_000,
    message: "v1.0.0 is in service",
  });
});

Deno.test("what is in service can be pinned while the registry is away", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  await Deno.rename(bench.registry.path, `${bench.registry.path}.gone`);
  const { result } = await bench.act({ kind: "pin", version: "v1.0.0" });
  assert.equal(result, "done");
  assert.equal((await bench.status()).pin?.version, "v1.0.0");
  await bench.refused({ kind: "pin", version: "v0.9.0" }, "unavailable");
});

Deno.test("after a deploy the status says what holds now", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  assert.equal((await bench.status()).decision?.reason, "v1.0.0 is deployed");
  await bench.stop();
  await bench.start(
    ...["--before-deploy-hook", "exit 1", "--hook-failure", "abort"],
  );
  await bench.serves("v1.0.0");
  await bench.registry.publish("v1.1.0");
  await bench.act({ kind: "deploy" });
  const { decision, waiting } = await decided(bench, "failed-before");
  assert.equal(decision?.kind, "skip");
  assert.match(decision?.reason ?? "", /v1\.1\.0 failed 1 time: The before-/);
  assert.deepEqual(waiting.map(({ version }) => version), ["v1.1.0"]);
});

/** A bench with v1.0.0 in service, and a deploy of v1.1.0 that waits in a hook. */
async function heldDeploy(when: string): Promise<AssetsBench> {
  const bench = await AssetsBench.deployed("v1.0.0");
  await bench.stop();
  await bench.start(`--${when}-deploy-hook`, HOLD_HOOK, ...HOLDING);
  await bench.serves("v1.0.0");
  await Deno.writeTextFile(join(bench.workdir, "hold"), "");
  await bench.registry.publish("v1.1.0");
  await isHeld(bench);
  return bench;
}

async function isHeld(bench: AssetsBench): Promise<void> {
  await eventually(async () => {
    const names = await Array.fromAsync(Deno.readDir(bench.workdir));
    return names.some(({ name }) => name === "held");
  }, { timeoutMs: 20_000, message: "the hook is under way" });
}

/** Waits until the loop waits, with a decision of this kind. */
async function decided(bench: AssetsBench, code: string) {
  return await eventually(async () => {
    const status = await bench.status();
    const isSo = status.phase === "waiting" && status.decision?.code === code;
    return isSo ? status : undefined;
  }, { timeoutMs: 20_000, message: `the decision is ${code}` });
}
