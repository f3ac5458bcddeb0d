import assert from "node:assert/strict";
import { ApplicationError } from "../../../src/base/errors.ts";
import { eventually } from "../../support/eventually.ts";
import { isAlive, signalIfThere } from "../../support/process_table.ts";
import { TestApp } from "../../support/test_app.ts";

const SERVES = "exec sleep 600";
const IGNORES_TERM = "trap '' TERM; while :; do sleep 0.1; done";
const CRASHES = "exit 7";
const never = new AbortController().signal;

Deno.test("replace() starts the first worker and stop() ends it", async () => {
  await using app = await TestApp.create(SERVES);
  const { server } = app;
  assert.ok(!server.running);
  await server.replace(never);
  assert.ok(server.running);
  const pid = server.pid ?? 0;
  assert.ok(await isAlive(pid));
  assert.deepEqual(app.types(), ["worker-started", "worker-ready"]);
  await server.stop();
  assert.ok(!await isAlive(pid));
  assert.ok(!server.running);
  assert.deepEqual(app.event("worker-retired").exit, {
    code: null,
    signal: "SIGTERM",
  });
});

Deno.test("replace() retires the old worker after the new one has proved itself", async () => {
  await using app = await TestApp.create(SERVES);
  await app.server.replace(never);
  const old = app.server.pid ?? 0;
  await app.server.replace(never);
  const young = app.server.pid ?? 0;
  assert.notEqual(young, old);
  await eventually(async () => !await isAlive(old), {
    message: "the old ends",
  });
  assert.ok(await isAlive(young));
  assert.equal(app.last("worker-started").generation, 2);
  const types = app.types();
  assert.ok(
    types.lastIndexOf("worker-ready") < types.indexOf("worker-retiring"),
  );
});

Deno.test("replace() keeps the old worker when the new one ends too early", async () => {
  await using app = await TestApp.create(SERVES);
  await app.server.replace(never);
  const old = app.server.pid ?? 0;
  await app.become(CRASHES);
  await assert.rejects(app.server.replace(never), (error) => {
    assert.ok(error instanceof ApplicationError);
    assert.match(
      error.message,
      /^The new worker exited with code 7 after [\d.]+m?s, before it was ready$/,
    );
    assert.match(error.hint ?? "", /run the release by hand/);
    return true;
  });
  assert.equal(app.server.pid, old);
  assert.ok(await isAlive(old));
  assert.match(app.event("worker-rejected").reason, /exited with code 7/);
  // The turn of whoever comes next is not spoilt.
  await app.become(SERVES);
  await app.server.replace(never);
  assert.notEqual(app.server.pid, old);
});

Deno.test("replace() keeps the old worker when the program is missing", async () => {
  await using app = await TestApp.create(SERVES);
  await app.server.replace(never);
  const old = app.server.pid ?? 0;
  await Deno.remove(app.dir.join("app"));
  await assert.rejects(app.server.replace(never), {
    message: `Cannot start "./app": no such program at "${
      app.dir.join("app")
    }"`,
  });
  assert.equal(app.server.pid, old);
  assert.ok(await isAlive(old));
});

Deno.test("replace() ends the new worker when it is called off", async () => {
  await using app = await TestApp.create(SERVES, { confirmTimeMs: 60_000 });
  const controller = new AbortController();
  const replacing = app.server.replace(controller.signal);
  const { pid } = await app.waitFor("worker-started");
  controller.abort(new Error("Stopped by hand"));
  await assert.rejects(replacing, { message: "Stopped by hand" });
  assert.ok(!await isAlive(pid));
  assert.ok(!app.server.running);
});

Deno.test("an old worker that ignores SIGTERM is killed after the kill delay", async () => {
  await using app = await TestApp.create(IGNORES_TERM);
  await app.server.replace(never);
  const old = app.server.pid ?? 0;
  await app.become(SERVES);
  await app.server.replace(never);
  const killed = await app.waitFor("worker-killed");
  assert.equal(killed.pid, old);
  assert.ok(killed.waitedMs >= 390, `killed after ${killed.waitedMs} ms`);
  await eventually(async () => !await isAlive(old), { message: "it is gone" });
});

Deno.test("a worker that dies is replaced at once, and later with growing pauses", async () => {
  await using app = await TestApp.create(SERVES);
  await app.server.replace(never);
  for (let n = 1; n <= 3; n++) {
    const pid = await eventually(() => app.server.pid, {
      message: "a worker runs",
    });
    signalIfThere(pid, "SIGKILL");
    await eventually(() => app.server.pid !== pid, { message: "it is missed" });
  }
  await eventually(() => app.server.pid !== undefined, {
    message: "the fourth worker runs",
  });
  const deaths = app.all("worker-died");
  assert.deepEqual(deaths.map(({ deaths }) => deaths), [1, 2, 3]);
  assert.deepEqual(deaths[0]?.exit, { code: null, signal: "SIGKILL" });
  const [first, second = 0, third = 0] = deaths.map((d) => d.respawnInMs);
  assert.equal(first, 0);
  assert.ok(second >= 375 && second <= 500, `second after ${second} ms`);
  assert.ok(third >= 750 && third <= 1_000, `third after ${third} ms`);
});

Deno.test("bringUp() keeps trying a program that is not there yet", async () => {
  await using app = await TestApp.create(SERVES);
  await Deno.rename(app.dir.join("app"), app.dir.join("later"));
  await app.server.bringUp();
  assert.ok(app.server.running);
  assert.equal(app.server.pid, undefined);
  assert.match(
    app.event("worker-launch-failed").error.message,
    /no such program/,
  );
  await Deno.rename(app.dir.join("later"), app.dir.join("app"));
  const pid = await eventually(() => app.server.pid, {
    message: "the worker runs",
  });
  assert.ok(await isAlive(pid));
  await app.server.bringUp();
  assert.equal(app.server.pid, pid, "a second bringUp() changed something");
});

Deno.test("stop() does not wait for a pause between two workers", async () => {
  await using app = await TestApp.create(CRASHES);
  await app.server.bringUp();
  await eventually(() => app.all("worker-died").length >= 3, {
    message: "the worker died three times",
  });
  const started = performance.now();
  await app.server.stop();
  assert.ok(performance.now() - started < 5_000);
  const { length } = app.all("worker-started");
  await assert.rejects(app.server.replace(never), /dewy is stopping/);
  assert.equal(app.all("worker-started").length, length);
});

Deno.test("stop() kills a worker that does not end in time, and one being retired too", async () => {
  await using app = await TestApp.create(IGNORES_TERM, { killDelayMs: 0 });
  await app.server.replace(never);
  await app.server.replace(never);
  await app.waitFor("worker-retiring");
  await app.server.stop();
  const started = app.all("worker-started").map(({ pid }) => pid);
  const killed = app.all("worker-killed").map(({ pid }) => pid);
  assert.deepEqual(killed.sort(), started.sort());
  for (const pid of started) assert.ok(!await isAlive(pid));
});
