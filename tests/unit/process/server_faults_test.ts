import assert from "node:assert/strict";
import { within } from "../../support/delay.ts";
import { eventually } from "../../support/eventually.ts";
import { isAlive, signalIfThere } from "../../support/process_table.ts";
import { TestApp } from "../../support/test_app.ts";

const SERVES = "exec sleep 600";
const IGNORES_TERM = "trap '' TERM; while :; do sleep 0.1; done";
const never = new AbortController().signal;

Deno.test("a worker that cannot be written down is owned all the same", async () => {
  const ledgerFolder = "/no/such/folder";
  await using app = await TestApp.create(SERVES, { ledgerFolder });
  await app.server.replace(never);
  const first = app.server.pid ?? 0;
  signalIfThere(first, "SIGKILL");
  const second = await eventually(
    () => app.server.pid === first ? undefined : app.server.pid,
    { message: "the worker is replaced" },
  );
  assert.ok(await isAlive(second));
  assert.equal(app.all("worker-started").length, 2);
  assert.ok(app.all("cleanup-failed").length >= 2);
  await app.server.stop();
  assert.ok(!await isAlive(second));
});

Deno.test("a readiness socket that is gone neither ends dewy nor undoes what was proved", async () => {
  const settings = { notify: true };
  const script = `until [ -e go ]; do sleep 0.05; done
python3 - <<'END'
import os, shutil, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
shutil.rmtree(os.path.dirname(os.environ["NOTIFY_SOCKET"]))
s.send(b"READY=1")
END
exec sleep 600`;
  await using app = await TestApp.create(script, settings);
  await Deno.writeTextFile(app.dir.join("go"), "");
  await app.server.bringUp();
  await app.server.settled();
  assert.ok(await isAlive(app.server.pid ?? 0));
  await app.server.replace(never);
  assert.ok(await isAlive(app.server.pid ?? 0));
  assert.equal(app.all("worker-ready").length, 2);
  assert.equal(app.all("cleanup-failed").length, 2);
});

Deno.test("each death aborts a signal of its own, and counts only while no worker runs", async () => {
  await using app = await TestApp.create(SERVES);
  const { server } = app;
  await server.replace(never);
  const { nextDeath } = server;
  assert.ok(!nextDeath.aborted);
  assert.equal(server.deaths, 0);
  signalIfThere(server.pid ?? 0, "SIGKILL");
  await eventually(() => nextDeath.aborted, { message: "the death is told" });
  assert.notEqual(server.nextDeath, nextDeath);
  await eventually(() => server.pid !== undefined, { message: "it is back" });
  assert.equal(server.deaths, 0);
});

Deno.test("stop() ends a worker under proof and the one in front side by side, and blames nobody", async () => {
  const settings = { confirmTimeMs: 60_000, stopTimeoutMs: 1_500 };
  await using app = await TestApp.create(IGNORES_TERM, settings);
  await app.server.bringUp();
  await eventually(() => app.server.pid !== undefined, { message: "it is up" });
  const replaced = app.server.replace(never).catch((error: Error) => error);
  await eventually(() => app.all("worker-started").length === 2, {
    message: "the second one is under proof",
  });
  const startedAt = performance.now();
  assert.ok(await within(app.server.stop().then(() => true), 10_000));
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < 2_700, `${tookMs} ms`);
  assert.ok(await replaced instanceof Error);
  assert.deepEqual(app.all("worker-rejected"), []);
  assert.equal(app.all("worker-killed").length, 2);
});

Deno.test("restart() waits for what is under way, and says when there is nothing", async () => {
  await using app = await TestApp.create(SERVES);
  assert.ok(!await app.server.restart(never));
  const first = app.server.replace(never);
  assert.ok(await app.server.restart(never));
  await first;
  assert.equal(app.last("worker-started").generation, 2);
});
