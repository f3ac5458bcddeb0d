import assert from "node:assert/strict";
import { OperationError } from "../../src/supervisor/operations.ts";
import { AssetsBench } from "../support/assets_bench.ts";
import { eventually } from "../support/eventually.ts";

const NEVER = new AbortController().signal;

Deno.test("hold lets nothing start while it checks, over a restart too", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  const held = await bench.act({ kind: "hold", reason: "a fair" });
  assert.equal(held.result, "done");
  await bench.registry.publish("v1.1.0");
  await bench.refused({ kind: "deploy" }, "conflict", /a fair/);
  await bench.stop();
  await bench.start("--interval", "20ms");
  const status = await eventually(async () => {
    const status = await bench.status();
    return status.waiting.length > 0 ? status : undefined;
  }, { message: "something waits" });
  const [wait] = status.waiting;
  assert.deepEqual([wait?.version, wait?.code], ["v1.1.0", "hold"]);
  assert.equal(status.hold?.reason, "a fair");
  const { action, versions } = await bench.operations.plan(NEVER);
  assert.deepEqual([action.kind, action.code], ["skip", "hold"]);
  assert.deepEqual(
    versions.map(({ version, verdict }) => [version, verdict]),
    [["v1.1.0", "waiting"], ["v1.0.0", "current"]],
  );
  await bench.act({ kind: "resume" });
  await bench.serves("v1.1.0");
  const none = await bench.act({ kind: "resume" });
  assert.equal(none.result, "nothing-to-do");
});

Deno.test("plan says what would be deployed, and deploys nothing", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  await bench.registry.publish("v1.1.0");
  await bench.registry.publish("v1.2.0", { artifactName: "other.txt" });
  await bench.registry.publish("v2.0.0-rc.1");
  const plan = await bench.operations.plan(NEVER);
  assert.deepEqual(
    { ...plan.action, reason: "" },
    { kind: "deploy", code: "newer", version: "v1.1.0", reason: "" },
  );
  assert.deepEqual(
    plan.versions.map(({ version, verdict }) => [version, verdict]),
    [
      ["v2.0.0-rc.1", "filtered"],
      ["v1.2.0", "incomplete"],
      ["v1.1.0", "chosen"],
      ["v1.0.0", "current"],
    ],
  );
  assert.ok(plan.versions.every(({ reason }) => reason !== ""));
  assert.equal(await bench.served(), "v1.0.0");
});

Deno.test("a cooldown and a window hold a version up, an order does not wait", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  await bench.stop();
  const closed = new Date(Date.now() + 12 * 3_600_000).toISOString();
  const hour = closed.slice(11, 13);
  const window = `${hour}:00-${hour}:59 UTC`;
  await bench.start(
    ...["--interval", "20ms", "--cooldown", "2h", "--window", window],
  );
  await bench.registry.publish("v1.1.0");
  const status = await eventually(async () => {
    const status = await bench.status();
    return status.waiting.length > 0 ? status : undefined;
  }, { message: "something waits" });
  assert.deepEqual(
    status.waiting.map(({ version, code }) => [version, code]),
    [["v1.1.0", "cooldown"], ["v1.1.0", "window"]],
  );
  assert.ok(status.waiting.every(({ until }) => Number(until) > Date.now()));
  const { action, versions } = await bench.operations.plan(NEVER);
  assert.deepEqual([action.kind, action.code], ["skip", "cooldown"]);
  const [newest] = versions;
  assert.deepEqual([newest?.version, newest?.verdict], ["v1.1.0", "waiting"]);
  assert.match(newest?.reason ?? "", /first seen less than 2h.* ago; it is/);
  await bench.act({ kind: "deploy" });
  await bench.serves("v1.1.0");
});

Deno.test("status tells who and what, and how the registry answers", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  const status = await bench.status();
  assert.equal(status.command, "assets");
  assert.equal(status.host, "web1");
  assert.equal(status.app, "registry");
  assert.equal(status.pid, Deno.pid);
  assert.match(status.current?.digest ?? "", /^[0-9a-f]{64}$/);
  assert.equal(status.registry.failures, 0);
  assert.ok(Number(status.registry.lastAnsweredAt) >= status.startedAt);
  assert.ok(Number(status.registry.nextPollAt) > Date.now());
  assert.equal(status.program, undefined);
  await Deno.rename(bench.registry.path, `${bench.registry.path}.gone`);
  await bench.refused({ kind: "deploy" }, "unavailable");
  const failing = await bench.status();
  assert.equal(failing.registry.failures, 1);
  assert.match(failing.registry.error ?? "", /no such folder/);
  await assert.rejects(bench.operations.plan(NEVER), OperationError);
});

Deno.test("orders are refused when dewy has stopped", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  const { operations } = bench;
  await bench.stop();
  await assert.rejects(
    operations.act({ kind: "deploy" }, NEVER),
    (error) => error instanceof OperationError && error.code === "unavailable",
  );
});
