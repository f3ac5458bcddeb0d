import assert from "node:assert/strict";
import { listContainers } from "../../src/cli/container_list.ts";
import { ContainerBench } from "../support/container_bench.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";

const DONE = "Container deployment completed";
const HEALTH = ["--health-path", "/healthz", "--health-timeout", "5"];

for (const kind of ["docker", "podman"] as const) {
  Deno.test(`dewy container rolls v1 and v2 out under load on ${kind}, and loses nothing`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy("--replicas", "2", ...HEALTH);
    await dewy.waitForLog(DONE, { tag: "v1.0.0", count: 2, total: 2 });
    await using load = LoadClient.start({ target: { port: bench.port } });
    await bench.publish("v1.1.0");
    await dewy.waitForLog(DONE, { tag: "v1.1.0" });
    await eventually(() => load.lastVersion === "v1.1.0", {
      message: "the new version answers",
    });
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(load.requests > 200, `${load.requests} requests are no load`);
    assert.deepEqual([...load.versions.keys()].sort(), ["v1.0.0", "v1.1.0"]);
    const containers = await bench.containers();
    assert.equal(containers.length, 2);
    const table = await listContainers(bench.adminPort);
    assert.match(table, /^UPSTREAM +DEPLOY TIME +NAME\n/);
    assert.equal(table.split("\n").length, 4);
    dewy.kill("SIGTERM");
    assert.equal((await dewy.exited).code, 0);
    assert.deepEqual(await bench.containers(), []);
  });
}

Deno.test("a version that does not get healthy leaves the old one as it was, and is told with its last words", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy("--replicas", "2", ...HEALTH);
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  const before = await bench.containers();
  await using load = LoadClient.start({ target: { port: bench.port } });
  await bench.publish("v1.1.0", { env: { SICK: "1" } });
  const sick = await dewy.waitForLog("Deploy failed", { tag: "v1.1.0" });
  assert.match(String(sick["error"]), /\/healthz answered 503/);
  await bench.publish("v1.2.0", { env: { CRASH: "no database" } });
  const crash = await dewy.waitForLog("Deploy failed", { tag: "v1.2.0" });
  assert.match(String(crash["error"]), /no database/);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual([...load.versions.keys()], ["v1.0.0"]);
  const ids = (list: typeof before) => list.map(({ Id }) => Id).sort();
  assert.deepEqual(ids(await bench.containers()), ids(before));
  await bench.publish("v1.3.0");
  await dewy.waitForLog(DONE, { tag: "v1.3.0" });
  assert.equal(await bench.ask(), "v1.3.0");
});

Deno.test("a dewy that is killed costs its connections, and the next one takes the containers over", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  const before = await (async () => {
    await using first = bench.dewy("--replicas", "2", ...HEALTH);
    await first.waitForLog(DONE, { tag: "v1.0.0" });
    first.kill("SIGKILL");
    await first.exited;
    return await bench.containers();
  })();
  assert.equal(before.length, 2);
  await using second = bench.dewy("--replicas", "2", ...HEALTH);
  await second.waitForLog("Running containers taken over", { count: 2 });
  assert.equal(await bench.ask(), "v1.0.0");
  await second.waitForLog("Skip to deploy", {}, { timeoutMs: 5_000 }).catch(
    () => {},
  );
  const after = await bench.containers();
  const ids = (list: typeof before) => list.map(({ Id }) => Id).sort();
  assert.deepEqual(ids(after), ids(before));
  assert.deepEqual(second.logs(DONE), []);
});

Deno.test("a container that dies is out of rotation at once, and replaced", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy("--replicas", "2", ...HEALTH);
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  await using load = LoadClient.start({
    target: { port: bench.port },
    pauseMs: 5,
  });
  const [victim] = await bench.containers();
  const name = String(victim?.["Names"]).slice(1);
  await bench.killContainer(String(victim?.["Id"]));
  await dewy.waitForLog("Container is gone, another one is started", { name });
  await dewy.waitForLog("Container was replaced");
  await load.stop();
  const list = await bench.containers();
  assert.equal(list.length, 2);
  assert.ok(list.every(({ State }) => State === "running"));
  // Requests that were in flight in it are lost; GETs are sent again.
  assert.deepEqual(load.failures, []);
});

Deno.test("other settings roll out without a new version, and --on-exit leave keeps containers", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  {
    await using dewy = bench.dewy("--on-exit", "leave", ...HEALTH);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    dewy.kill("SIGTERM");
    assert.equal((await dewy.exited).code, 0);
  }
  const [kept] = await bench.containers();
  assert.equal(kept?.["State"], "running");
  await using dewy = bench.dewy(...HEALTH, "--", "--env", "COLOR=blue");
  await dewy.waitForLog("Running containers taken over", { count: 1 });
  const started = await dewy.waitForLog("Deploy started", { tag: "v1.0.0" });
  assert.equal(
    started["reason"],
    "the settings of its containers have changed",
  );
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  const [changed, ...others] = await bench.containers();
  assert.deepEqual(others, []);
  assert.notEqual(changed?.["Id"], kept?.["Id"]);
});

Deno.test("an engine that restarts costs nothing but its own time", async () => {
  await using bench = await ContainerBench.start("podman");
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy(...HEALTH);
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  await using load = LoadClient.start({ target: { port: bench.port } });
  await bench.engine.endDaemon("SIGKILL");
  await dewy.waitForLog(
    "Container engine does not answer; what runs serves on",
  );
  await bench.engine.startDaemon();
  await dewy.waitForLog("Container engine answers again");
  await bench.publish("v1.1.0");
  await dewy.waitForLog(DONE, { tag: "v1.1.0" });
  await load.stop();
  assert.deepEqual(load.failures, []);
});

Deno.test("what cannot work is refused at the start", async () => {
  await using bench = await ContainerBench.start("docker");
  for (
    const [args, words] of [
      [["--", "--privileged"], /option "--privileged" is refused/],
      [["--", "--publish-all"], /option "--publish-all" is refused/],
      [["--tls-cert", "/nowhere.pem"], /--tls-key is missing/],
      [["--trusted-proxy", "nonsense"], /nonsense/],
      [["--registry", "file:///srv"], /is no registry of images/],
    ] as const
  ) {
    await using dewy = bench.dewy(...args);
    const { code } = await dewy.exited;
    assert.equal(code, 1, dewy.transcript());
    assert.match(dewy.transcript(), words);
  }
});

Deno.test("a dewy that is killed in the middle of a deploy leaves the old version, and tries again later", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  {
    await using first = bench.dewy("--replicas", "2", ...HEALTH);
    await first.waitForLog(DONE, { tag: "v1.0.0" });
    await bench.publish("v1.1.0", { env: { START_MS: "3000" } });
    await first.waitForLog("Deploy started", { tag: "v1.1.0" });
    await first.waitForLog("Starting new container", {
      image: `${bench.repository}:v1.1.0`,
    });
    await eventually(async () => (await bench.containers()).length === 3, {
      message: "a container of the new version is there",
    });
    first.kill("SIGKILL");
    await first.exited;
  }
  await using second = bench.dewy("--replicas", "2", ...HEALTH);
  await second.waitForLog("Running containers taken over", {
    tag: "v1.0.0",
    count: 2,
  });
  assert.equal(await bench.ask(), "v1.0.0");
  await second.waitForLog("Reaped exited containers", { count: 1 });
  await eventually(async () => (await bench.containers()).length === 2, {
    message: "nothing of the deploy is left",
  });
  await second.waitForLog(DONE, { tag: "v1.1.0" }, { timeoutMs: 60_000 });
  assert.equal(await bench.ask(), "v1.1.0");
});

Deno.test("two applications whose images have the same last name leave each other alone", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  await using other = await bench.sibling("crew/web");
  await other.publish("v2.0.0");
  await using one = bench.dewy(...HEALTH);
  await one.waitForLog(DONE, { tag: "v1.0.0" });
  await using two = other.dewy(...HEALTH);
  await two.waitForLog(DONE, { tag: "v2.0.0" });
  await bench.publish("v1.1.0");
  await one.waitForLog(DONE, { tag: "v1.1.0" });
  assert.equal(await bench.ask(), "v1.1.0");
  assert.equal(await other.ask(), "v2.0.0");
  one.kill("SIGTERM");
  await one.exited;
  assert.equal(await other.ask(), "v2.0.0");
  assert.equal((await bench.containers()).length, 1);
});
