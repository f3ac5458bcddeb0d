import assert from "node:assert/strict";
import { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { get } from "../support/http_connection.ts";
import { assertInOrder } from "../support/in_order.ts";
import { isAlive } from "../support/process_table.ts";
import { ServerBench, type StartOptions } from "../support/server_bench.ts";

const VERSION = "v1.0.0";
const COMPLETED = "Deployment completed successfully";
/** Less than any time-out that could have ended the worker in place of the signal. */
const SOON_MS = 5_000;

const STOPS = [
  ["SIGTERM", "terminated"],
  ["SIGINT", "interrupt"],
  ["SIGQUIT", "quit"],
] as const;

for (const [signal, name] of STOPS) {
  Deno.test(`${signal} stops the worker and ends dewy with code 0`, async () => {
    await using bench = await ServerBench.create();
    await using dewy = await deployed(bench);
    const { pid } = await bench.oneWorker();
    dewy.kill(signal);
    assert.equal(await dewy.exitCode(SOON_MS), 0);
    assert.ok(!await isAlive(pid), "the worker is gone before dewy");
    const message = `Stop receiving by \`${name}\` signal`;
    assert.equal(dewy.logs("Shutdown notification", { message }).length, 1);
    assert.equal(dewy.logs("Worker ended", { pid }).length, 1);
    assert.equal(dewy.logs("Dewy stopped").length, 1);
    await assert.rejects(() => bench.version(), Deno.errors.ConnectionRefused);
  });
}

Deno.test("a stop waits for the answers that the worker owes", async () => {
  await using bench = await ServerBench.create();
  await using dewy = await deployed(bench);
  const slow = get({ port: bench.port }, "/?delay=1000");
  await eventually(() => get({ port: bench.port }), { message: "it answers" });
  dewy.kill("SIGTERM");
  const { body } = await slow;
  assert.match(body, /^v1\.0\.0 /);
  assert.equal(await dewy.exitCode(SOON_MS), 0);
});

Deno.test("a stop before the first release ends dewy with code 0", async () => {
  await using bench = await ServerBench.create();
  await using dewy = bench.start();
  await dewy.waitForLog("Dewy run failure");
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(SOON_MS), 0);
});

Deno.test("a stop calls a deploy off and leaves nothing of it", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  const args = ["--before-deploy-hook", "touch held; sleep 60"];
  await using dewy = bench.start({ args });
  await eventually(() => Deno.stat(`${bench.workdir}/held`), {
    message: "the hook runs",
  });
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(SOON_MS), 0);
  assert.equal(dewy.logs("Deploy called off by the stop").length, 1);
  await using again = bench.start();
  await again.waitForLog(COMPLETED);
  await assertInOrder(bench, VERSION);
});

Deno.test("a worker that ignores SIGTERM is killed after the stop time-out", async () => {
  await using bench = await ServerBench.create();
  await using dewy = await deployed(bench, {
    args: ["--stop-timeout", "1s"],
    fixture: "ignore_term.mjs",
  });
  const { pid } = await bench.oneWorker();
  const startedAt = Date.now();
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(SOON_MS), 0);
  assert.ok(Date.now() - startedAt >= 1_000, "it had its time");
  assert.ok(!await isAlive(pid));
  const killed = dewy.logs("Worker did not end in time and was killed", {
    pid,
  });
  assert.equal(killed.length, 1);
});

Deno.test("the second SIGTERM kills the worker at once", async () => {
  await using bench = await ServerBench.create();
  await using dewy = await deployed(bench, { fixture: "ignore_term.mjs" });
  const { pid } = await bench.oneWorker();
  dewy.kill("SIGTERM");
  await dewy.waitForLog("Shutdown notification");
  assert.ok(await isAlive(pid));
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(SOON_MS), 0);
  assert.ok(!await isAlive(pid));
});

for (const signal of ["SIGHUP", "SIGUSR1"] as const) {
  Deno.test(`${signal} starts the next generation and ends the one before`, async () => {
    await using bench = await ServerBench.create();
    await using dewy = await deployed(bench);
    const first = await bench.oneWorker();
    assert.equal(first.env["SERVER_STARTER_GENERATION"], "1");
    dewy.kill(signal);
    const message = `Restarted receiving by \`${signal}\` signal`;
    await dewy.waitForLog("Restart notification", { message });
    await dewy.waitForLog("Worker ended", { pid: first.pid });
    const second = await bench.oneWorker();
    assert.notEqual(second.pid, first.pid);
    assert.equal(second.env["SERVER_STARTER_GENERATION"], "2");
    assert.equal(await bench.version(), VERSION);
  });
}

Deno.test("SIGHUP while an old worker still drains is not lost", async () => {
  await using bench = await ServerBench.create();
  await using dewy = await deployed(bench);
  const slow = get({ port: bench.port }, "/?delay=3000");
  dewy.kill("SIGHUP");
  await dewy.waitForLog("Sending TERM to old worker", { generation: 1 });
  dewy.kill("SIGHUP");
  await dewy.waitForLog("Sending TERM to old worker", { generation: 2 });
  assert.deepEqual(dewy.logs("Worker ended", { generation: 1 }), []);
  assert.match((await slow).body, /^v1\.0\.0 /);
  await dewy.waitForLog("Worker ended", { generation: 1 });
  const { env } = await bench.oneWorker();
  assert.equal(env["SERVER_STARTER_GENERATION"], "3");
});

Deno.test("SIGHUP is ignored by assets, which go on", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  await using dewy = DewyProcess.start({
    cwd: bench.workdir,
    args: ["assets", "--registry", bench.registry.url, "-i", "200ms"],
  });
  await dewy.waitForLog(COMPLETED, { tag: VERSION });
  for (const signal of ["SIGHUP", "SIGUSR1"] as const) {
    dewy.kill(signal);
    await dewy.waitForLog("Signal ignored", { signal });
  }
  await bench.publish("v1.1.0");
  await dewy.waitForLog(COMPLETED, { tag: "v1.1.0" });
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(SOON_MS), 0);
});

Deno.test("a killed dewy takes its worker with it", async () => {
  await using bench = await ServerBench.create();
  await using dewy = await deployed(bench);
  const { pid } = await bench.oneWorker();
  await dewy.crash();
  await eventually(async () => !await isAlive(pid), {
    timeoutMs: 2_000,
    message: "the worker is gone",
  });
  await assert.rejects(() => bench.version(), Deno.errors.ConnectionRefused);
});

Deno.test("the next dewy ends a worker that outlived its dewy", async () => {
  await using bench = await ServerBench.create();
  await using dewy = await deployed(bench, { fixture: "ignore_term.mjs" });
  const { pid } = await bench.oneWorker();
  await dewy.crash();
  await using next = bench.start({ args: ["--stop-timeout", "1s"] });
  await next.waitForLog("Found a worker of a dewy that was killed", { pid });
  await next.waitForLog("Worker of the former dewy ended", {
    pid,
    killed: true,
  });
  assert.ok(!await isAlive(pid));
  await assertInOrder(bench, VERSION);
});

Deno.test("a worker that dies is replaced", async () => {
  await using bench = await ServerBench.create();
  await using dewy = await deployed(bench);
  const { pid } = await bench.oneWorker();
  Deno.kill(pid, "SIGKILL");
  await dewy.waitForLog("Worker died unexpectedly, restarting", {
    pid,
    status: "SIGKILL",
  });
  await bench.serves(VERSION);
  assert.notEqual((await bench.oneWorker()).pid, pid);
});

/** Starts dewy and waits until its worker has proved itself and answers. */
async function deployed(
  bench: ServerBench,
  options: StartOptions & { readonly fixture?: string } = {},
): Promise<DewyProcess> {
  const { fixture = "web.mjs", ...start } = options;
  await bench.publish(VERSION, { program: fixture });
  const dewy = bench.start(start);
  try {
    await dewy.waitForLog(COMPLETED, { tag: VERSION });
    await bench.serves(VERSION);
    return dewy;
  } catch (error) {
    await dewy[Symbol.asyncDispose]();
    throw error;
  }
}
