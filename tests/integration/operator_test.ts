import assert from "node:assert/strict";
import { AssetsBench } from "../support/assets_bench.ts";
import { eventually } from "../support/eventually.ts";

const NEVER = new AbortController().signal;

Deno.test("deploy looks at once, and says what comes of it", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  const nothing = await bench.act({ kind: "deploy" });
  assert.deepEqual(nothing, {
    action: "deploy",
    result: "nothing-to-do",
    version: "v1.0.0",
    message: "v1.0.0 is deployed",
  });
  await bench.registry.publish("v1.1.0");
  const started = await bench.act({ kind: "deploy" });
  assert.equal(started.result, "started");
  assert.equal(started.version, "v1.1.0");
  await bench.serves("v1.1.0");
  assert.equal(await bench.served(), "v1.1.0");
});

Deno.test("deploy takes the version that is named, and refuses what makes no sense", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0");
  await bench.registry.publish("v1.1.0");
  await bench.registry.publish("v1.2.0");
  await bench.act({ kind: "deploy", version: "v1.1.0" });
  await bench.serves("v1.1.0");
  await bench.refused({ kind: "deploy", version: "v9.9.9" }, "not-found");
  await bench.refused({ kind: "deploy", version: "1.2.0" }, "not-found");
  await bench.refused({ kind: "deploy", version: "../x" }, "invalid");
  await bench.refused({ kind: "deploy", version: "v1.0.0" }, "conflict");
  await bench.refused({ kind: "restart" }, "invalid");
  assert.equal((await bench.status()).current?.version, "v1.1.0");
});

Deno.test("rollback goes back without a download, and holds over a restart", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  await bench.registry.withdraw("v1.0.0");
  const { result, version } = await bench.act({ kind: "rollback" });
  assert.deepEqual([result, version], ["started", "v1.0.0"]);
  await bench.serves("v1.0.0");
  assert.equal(await bench.served(), "v1.0.0");
  const [first] = bench.operations.history();
  assert.deepEqual(
    [first?.version, first?.outcome, first?.reason],
    ["v1.0.0", "rolled-back", "back from v1.1.0"],
  );
  const downloads = bench.events.filter(({ type }) =>
    type === "artifact-downloaded"
  );
  assert.equal(downloads.length, 2);
  await bench.stop();
  await bench.start();
  const status = await bench.serves("v1.0.0");
  assert.equal(status.decision?.code, "rolled-back");
  assert.equal(await bench.served(), "v1.0.0");
  await bench.refused({ kind: "rollback" }, "not-found");
  await bench.registry.publish("v1.2.0");
  await bench.act({ kind: "deploy" });
  await bench.serves("v1.2.0");
});

Deno.test("an explicit deploy ends a rollback", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  await bench.act({ kind: "rollback" });
  await bench.serves("v1.0.0");
  const { version } = await bench.act({ kind: "deploy" });
  assert.equal(version, "v1.1.0");
  await bench.serves("v1.1.0");
});

Deno.test("rollback goes back twice, and fetches a version whose folder is gone", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0", "v1.2.0");
  await bench.act({ kind: "rollback" });
  await bench.serves("v1.1.0");
  await bench.act({ kind: "rollback" });
  const status = await bench.serves("v1.0.0");
  assert.equal(await bench.served(), "v1.0.0");
  const obtained = bench.events.filter((event) =>
    event.type === "artifact-cached" && event.tag === "v1.0.0"
  );
  assert.equal(obtained.length, 2, "its folder was removed meanwhile");
  assert.equal(status.previous, undefined);
  const plan = await bench.operations.plan(NEVER);
  assert.deepEqual(
    plan.versions.map(({ version, verdict }) => [version, verdict]),
    [["v1.2.0", "refused"], ["v1.1.0", "refused"], ["v1.0.0", "current"]],
  );
});

Deno.test("rollback to a version that is nowhere changes nothing", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  await bench.refused({ kind: "rollback", version: "v0.1.0" }, "not-found");
  await bench.refused({ kind: "rollback", version: "v1.2.0" }, "invalid");
  const same = await bench.act({ kind: "rollback", version: "v1.1.0" });
  assert.equal(same.result, "nothing-to-do");
  assert.equal((await bench.act({ kind: "deploy" })).result, "nothing-to-do");
  await bench.serves("v1.1.0");
});

Deno.test("rollback refuses where nothing was deployed", async () => {
  await using bench = await AssetsBench.create();
  await bench.start();
  await bench.refused({ kind: "rollback" }, "not-found");
});

Deno.test("a rollback that fails leaves what is in service, and no mark", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  await bench.stop();
  await bench.start(
    ...["--before-deploy-hook", "exit 1", "--hook-failure", "abort"],
  );
  await bench.serves("v1.1.0");
  await bench.act({ kind: "rollback" });
  await eventually(
    () => bench.events.some(({ type }) => type === "tick-failed"),
    { message: "the rollback fails" },
  );
  await bench.serves("v1.1.0");
  assert.equal(await bench.served(), "v1.1.0");
  assert.equal((await bench.act({ kind: "deploy" })).result, "nothing-to-do");
});

Deno.test("a second rollback that fails does not undo the first", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0", "v1.2.0");
  await bench.act({ kind: "rollback" });
  await bench.serves("v1.1.0");
  // Its folder gave way to newer ones; now nobody has its artifact either.
  await bench.registry.withdraw("v1.0.0");
  await removeCached(bench, "v1.0.0");
  await bench.act({ kind: "rollback" });
  const failed = await eventually(
    () => bench.events.find(({ type }) => type === "deploy-failed"),
    { message: "the second one fails" },
  );
  assert.ok(failed.type === "deploy-failed");
  assert.match(
    failed.failure.error.message,
    /no longer here, and the registry/,
  );
  const { decision } = await bench.serves("v1.1.0");
  assert.match(decision?.reason ?? "", /^the way back to v1\.0\.0 failed: /);
  await bench.stop();
  await bench.start();
  const status = await bench.serves("v1.1.0");
  assert.equal(status.decision?.code, "rolled-back");
});

Deno.test("pin wants one version until it is unpinned, over a restart too", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  await bench.refused({ kind: "pin", version: "v3.0.0" }, "not-found");
  const pinned = await bench.act({ kind: "pin", version: "v1.0.0" });
  assert.equal(pinned.result, "started");
  await bench.serves("v1.0.0");
  await bench.refused({ kind: "deploy", version: "v1.1.0" }, "conflict");
  await bench.refused({ kind: "rollback" }, "conflict", /v1\.0\.0 is pinned/);
  await bench.stop();
  await bench.start();
  const status = await bench.serves("v1.0.0");
  assert.equal(status.pin?.version, "v1.0.0");
  const again = await bench.act({ kind: "pin", version: "v1.0.0" });
  assert.equal(again.result, "nothing-to-do");
  const { versions } = await bench.operations.plan(NEVER);
  const other = versions.find(({ version }) => version === "v1.1.0");
  assert.deepEqual(other, {
    version: "v1.1.0",
    verdict: "refused",
    reason: "v1.0.0 is pinned",
  });
  await bench.act({ kind: "unpin" });
  await bench.serves("v1.1.0");
  const none = await bench.act({ kind: "unpin" });
  assert.equal(none.result, "nothing-to-do");
});

async function removeCached(bench: AssetsBench, version: string) {
  const folder = `${bench.workdir}/.dewy/cache`;
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith(version)) await Deno.remove(`${folder}/${name}`);
  }
}
