import assert from "node:assert/strict";
import type { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { assertInOrder } from "../support/in_order.ts";
import { LoadClient } from "../support/load_client.ts";
import type { PublishOptions } from "../support/registry_folder.ts";
import { ServerBench } from "../support/server_bench.ts";

const OLD = "v1.0.0";
const NEW = "v1.1.0";
const COMPLETED = "Deployment completed successfully";

/** A new version that must not come into service. */
interface Rejected {
  readonly name: string;
  readonly args: readonly string[];
  readonly old: PublishOptions;
  readonly new: PublishOptions;
  /** Whether it answers nothing wrong while it proves itself: it accepts on the sockets of the old one. */
  readonly harmless: boolean;
  /** What the log must say. */
  readonly reason: RegExp;
}

const HEALTHY: PublishOptions = {};
const HEALTH = ["--health-path", "/healthz", "--health-timeout", "1s"];

const REJECTED: readonly Rejected[] = [
  {
    name: "does not send READY=1 in time",
    args: ["--ready", "notify", "--health-timeout", "1s"],
    old: { program: "notify_ready.mjs" },
    new: {},
    harmless: true,
    reason: /did not send READY=1 in time/,
  },
  {
    name: "answers 500 while the old one answers 200",
    args: HEALTH,
    old: HEALTHY,
    new: { program: "health.mjs", files: { STATUS: "500" } },
    harmless: false,
    reason: /health check of "\/healthz" .* it answered 500/,
  },
  {
    name: "never answers the health check",
    args: HEALTH,
    old: HEALTHY,
    new: { program: "health.mjs", files: { STATUS: "never" } },
    harmless: false,
    reason: /health check of "\/healthz" .*/,
  },
  {
    name: "accepts on its first socket only",
    args: HEALTH,
    old: HEALTHY,
    new: { program: "health.mjs", files: { STATUS: "first-socket" } },
    harmless: false,
    reason: /health check of "\/healthz" .*/,
  },
  {
    name: "ends at once",
    args: [],
    old: HEALTHY,
    new: { program: "exit_after.mjs", files: { EXIT_AFTER: "0" } },
    harmless: true,
    reason: /exited with code 3 after .*, before it was ready/,
  },
  {
    name: "ends after two seconds of the usual five",
    args: ["--confirm-time", "5s"],
    old: HEALTHY,
    new: { program: "exit_after.mjs", files: { EXIT_AFTER: "2000" } },
    harmless: true,
    reason: /exited with code 3 after 2.*, before it was ready/,
  },
];

for (const rejected of REJECTED) {
  Deno.test(`a new worker that ${rejected.name} is rejected and the old one goes on`, async () => {
    await assertRejected(rejected);
  });
}

Deno.test("a new worker is accepted when it sends READY=1, and not before", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(OLD, { program: "notify_ready.mjs" });
  await using dewy = bench.start({
    args: ["--ready", "notify"],
    env: { NOTIFY_WHEN: "go" },
  });
  await dewy.waitForLog("Starting new worker", { generation: 1 });
  await bench.serves(OLD);
  assert.deepEqual(dewy.logs(COMPLETED), []);
  await Deno.writeTextFile(`${bench.workdir}/go.${OLD}`, "");
  await dewy.waitForLog(COMPLETED, { tag: OLD });
  const [ready] = dewy.logs("New worker is ready");
  assert.equal(ready?.["proof"], "READY=1");
});

Deno.test("a new worker is accepted when it answers the health check", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(OLD);
  await using dewy = bench.start({ args: HEALTH });
  await dewy.waitForLog(COMPLETED, { tag: OLD });
  await using load = LoadClient.start({ target: { port: bench.port } });
  await bench.publish(NEW);
  await dewy.waitForLog(COMPLETED, { tag: NEW });
  await assertInOrder(bench, NEW);
  await load.stop();
  assert.deepEqual(load.failures, []);
  const [ready] = dewy.logs("New worker is ready", { generation: 2 });
  assert.equal(ready?.["proof"], "/healthz answered 200");
  const worker = await bench.oneWorker();
  assert.equal(worker.env["LISTEN_FDS"], "2", "the private socket is the last");
});

Deno.test("a corrected release behind the same tag is tried at once", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(OLD);
  await using dewy = bench.start({ args: HEALTH });
  await dewy.waitForLog(COMPLETED, { tag: OLD });
  await bench.publish(NEW, { program: "health.mjs", files: { STATUS: "500" } });
  await dewy.waitForLog("Deploy failed", { tag: NEW });
  await bench.publish(NEW, { files: { corrected: "yes" } });
  await dewy.waitForLog(COMPLETED, { tag: NEW });
  await assertInOrder(bench, NEW);
});

Deno.test("a version that is rejected right after dewy was started leaves the old one in service", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(OLD);
  {
    await using dewy = bench.start({ args: HEALTH });
    await dewy.waitForLog(COMPLETED, { tag: OLD });
  }
  await bench.publish(NEW, { program: "health.mjs", files: { STATUS: "500" } });
  await using dewy = bench.start({ args: HEALTH });
  await dewy.waitForLog("Deploy failed", { tag: NEW });
  await assertInOrder(bench, OLD);
});

async function assertRejected(rejected: Rejected): Promise<void> {
  await using bench = await ServerBench.create();
  await bench.publish(OLD, rejected.old);
  await using dewy = bench.start({ args: rejected.args });
  await dewy.waitForLog(COMPLETED, { tag: OLD });
  const { pid } = await bench.oneWorker();
  const target = { port: bench.port };
  const loops = rejected.harmless ? 4 : 0;
  await using during = LoadClient.start({
    target,
    keepAlive: loops,
    fresh: loops,
  });
  await bench.publish(NEW, rejected.new);
  const failed = await dewy.waitForLog("Deploy failed", { tag: NEW });
  assert.match(String(failed["error"]), rejected.reason);
  assert.equal(failed["restored_to"], OLD);
  await using after = LoadClient.start({ target });
  await assertInOrder(bench, OLD);
  await eventually(() => after.requests > 200, { message: "load goes on" });
  await Promise.all([during.stop(), after.stop()]);
  assert.deepEqual([...during.failures, ...after.failures], []);
  assert.deepEqual([...after.versions.keys()], [OLD]);
  assert.equal((await bench.oneWorker()).pid, pid, "the same old worker");
  await assertRemembered(bench, rejected.reason);
  await assertNotRetriedAtOnce(dewy);
}

async function assertRemembered(
  bench: ServerBench,
  reason: RegExp,
): Promise<void> {
  const path = `${bench.workdir}/.dewy/state.json`;
  const { failures, history } = JSON.parse(await Deno.readTextFile(path));
  assert.equal(failures.length, 1);
  assert.equal(failures[0].tag, NEW);
  assert.match(failures[0].reason, reason);
  assert.ok(
    failures[0].retryAt > Date.now(),
    "a pause before the next attempt",
  );
  assert.equal(history.at(-1).outcome, "failed");
}

async function assertNotRetriedAtOnce(dewy: DewyProcess): Promise<void> {
  await dewy.waitForLog("Deploy skipped", { tag: NEW });
  const skipped = dewy.logs("Deploy skipped", { tag: NEW }).length;
  await eventually(
    () => dewy.logs("Deploy skipped", { tag: NEW }).length > skipped + 2,
    { message: "more polls" },
  );
  assert.equal(dewy.logs("Deploy failed").length, 1);
}
