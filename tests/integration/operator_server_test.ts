import assert from "node:assert/strict";
import { join } from "node:path";
import { delay } from "../support/delay.ts";
import { readState, waitForTicks } from "../support/deploy_state.ts";
import type { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { mount } from "../support/mount.ts";
import { OperatorClient } from "../support/operator_client.ts";
import { Random } from "../support/random.ts";
import { ServerBench, type StartOptions } from "../support/server_bench.ts";

const OLD = "v1.0.0";
const NEW = "v1.1.0";
/** Waits as long as the file `hold` is there; says so in `held`. */
const HOLD_HOOK = "touch held; while [ -e hold ]; do sleep 0.05; done";

/** Instants of a way back at which dewy is killed. */
const PHASES: Readonly<
  Record<string, { readonly args: readonly string[]; readonly link: string }>
> = {
  "in the before-hook": {
    args: ["--before-deploy-hook", HOLD_HOOK, "--hook-timeout", "60s"],
    link: NEW,
  },
  "in the after-hook": {
    args: ["--after-deploy-hook", HOLD_HOOK, "--hook-timeout", "60s"],
    link: OLD,
  },
};

for (const [phase, { args, link }] of Object.entries(PHASES)) {
  Deno.test(`a roll-back whose dewy is killed ${phase} is completed, and holds`, async () => {
    await using bench = await twoVersions();
    await Deno.writeTextFile(join(bench.workdir, "hold"), "");
    const dewy = await startAndServe(bench, NEW, { args });
    {
      using client = await OperatorClient.connect(bench.workdir);
      const { result, version } = await client.act("rollback");
      assert.deepEqual([result, version], ["started", OLD]);
      await isHeld(bench);
      const refusal = await client.act("rollback");
      assert.match(JSON.stringify(refusal), /"conflict".*gone back to/);
    }
    await dewy.crash();
    assert.equal(await linked(bench), link);
    await Deno.remove(join(bench.workdir, "hold"));
    await endsBack(bench);
  });
}

const random = Random.fromEnv();
for (let round = 1; round <= 4; round++) {
  const afterMs = Math.floor(random.next(900));
  Deno.test(`a roll-back whose dewy is killed after ${afterMs} ms ends as old or new, and holds (seed ${random.seed}, round ${round})`, async () => {
    await using bench = await twoVersions();
    const dewy = await startAndServe(bench, NEW);
    {
      using client = await OperatorClient.connect(bench.workdir);
      const { result } = await client.act("rollback");
      assert.equal(result, "started");
    }
    await delay(afterMs);
    await dewy.crash();
    assert.ok([OLD, NEW].includes(await linked(bench)));
    await endsBack(bench);
  });
}

for (const end of ["stays", "is killed at once"]) {
  Deno.test(`a deploy whose program takes its time is called off, and dewy ${end}`, async () => {
    await using bench = await ServerBench.create();
    const args = ["--health-path", "/healthz", "--health-timeout", "60s"];
    await bench.publish(OLD, healthy("200"));
    const dewy = await startAndServe(bench, OLD, { args });
    await dewy.waitForLog("Deployment completed successfully");
    const { pid } = await bench.oneWorker();
    await bench.publish(NEW, healthy("500"));
    await eventually(async () => (await bench.workers()).length === 2, {
      timeoutMs: 20_000,
      message: "the new worker is on trial",
    });
    using client = await OperatorClient.connect(bench.workdir);
    const { result, version } = await client.act("rollback");
    assert.deepEqual([result, version], ["done", OLD]);
    assert.equal((await bench.oneWorker()).pid, pid);
    assert.equal(await linked(bench), OLD);
    if (end !== "stays") await dewy.crash();
    const last = end === "stays" ? dewy : await startAndServe(bench, OLD);
    await waitForTicks(last, 2);
    assert.equal(await bench.version(), OLD);
    const { rollback, failures } = await readState(bench.workdir);
    assert.deepEqual([rollback?.from, rollback?.to], [NEW, OLD]);
    assert.match(failures[0]?.reason ?? "", /called off/);
  });
}

Deno.test("a roll-back to a program that does not start leaves the one in front", async () => {
  await using bench = await twoVersions();
  const dewy = await startAndServe(bench, NEW);
  using client = await OperatorClient.connect(bench.workdir);
  const { pid } = await bench.oneWorker();
  const { previous } = await readState(bench.workdir);
  const program = join(previous?.path ?? assert.fail(), "app.mjs");
  await Deno.writeTextFile(program, "process.exit(3);");
  await client.act("rollback");
  await dewy.waitForLog("Deploy failed", { tag: OLD, restored_to: NEW });
  await waitForTicks(dewy, 2);
  assert.equal((await bench.oneWorker()).pid, pid);
  assert.equal(await linked(bench), NEW);
  assert.equal((await readState(bench.workdir)).rollback, undefined);
});

Deno.test({
  name:
    "a full disk does not forbid the way back, and a hold says how long it holds",
  // Only root may mount.
  ignore: Deno.uid() !== 0,
  async fn() {
    await using bench = await ServerBench.create();
    await using _disk = await mount(
      ["-t", "tmpfs", "-o", "size=1m", "tmpfs"],
      bench.workdir,
    );
    await inService(bench);
    const dewy = await startAndServe(bench, NEW);
    using client = await OperatorClient.connect(bench.workdir);
    const filler = new Uint8Array(1024 * 1024);
    await assert.rejects(
      Deno.writeFile(join(bench.workdir, "filler"), filler),
    );
    const refusal = JSON.stringify(await client.act("hold"));
    assert.match(refusal, /"unavailable".*holds until dewy ends/);
    await client.act("resume");
    const pin = JSON.stringify(await client.act("pin", { version: NEW }));
    assert.match(pin, /"unavailable".*holds until dewy ends/);
    await client.act("unpin");
    const { result } = await client.act("rollback");
    assert.equal(result, "started");
    await dewy.waitForLog("Deployment completed successfully", { tag: OLD });
    await bench.serves(OLD);
    await Deno.remove(join(bench.workdir, "filler"));
    await waitForTicks(dewy, 2);
    assert.equal(await bench.version(), OLD);
    const { rollback, deployed } = await readState(bench.workdir);
    assert.deepEqual([deployed?.tag, rollback?.to], [OLD, OLD]);
  },
});

Deno.test("restart replaces the worker by one of the same version", async () => {
  await using bench = await twoVersions();
  await startAndServe(bench, NEW);
  using client = await OperatorClient.connect(bench.workdir);
  const { pid } = await bench.oneWorker();
  const { result, version } = await client.act("restart");
  assert.deepEqual([result, version], ["started", NEW]);
  const next = await eventually(async () => {
    const workers = await bench.workers();
    const [worker] = workers;
    return workers.length === 1 && worker?.pid !== pid ? worker : undefined;
  }, { timeoutMs: 20_000, message: "another worker runs" });
  assert.notEqual(next.pid, pid);
  await bench.serves(NEW);
  const { program } = await client.status();
  assert.match(JSON.stringify(program), /"restarts":1,"deaths":0/);
});

Deno.test("a pin and a hold survive kill -9", async () => {
  await using bench = await twoVersions();
  const first = await startAndServe(bench, NEW);
  {
    using client = await OperatorClient.connect(bench.workdir);
    await client.act("pin", { version: OLD });
    await eventually(async () => await client.current() === OLD, {
      timeoutMs: 20_000,
      message: "the pinned version is in service",
    });
    await client.act("hold", { reason: "a fair" });
    await client.act("unpin");
  }
  await first.crash();
  const second = await startAndServe(bench, OLD);
  await waitForTicks(second, 2);
  using client = await OperatorClient.connect(bench.workdir);
  const { hold, waiting } = await client.status();
  assert.match(JSON.stringify(hold), /a fair/);
  assert.match(JSON.stringify(waiting), /"v1\.1\.0".*"hold"/);
  assert.equal(await client.current(), OLD);
  await client.act("resume");
  await bench.serves(NEW);
});

/** A program that answers its health check like this. */
function healthy(status: string) {
  return { program: "health.mjs", files: { STATUS: status } };
}

/** A bench on which both versions were in service, the newer one last, and dewy has ended. */
async function twoVersions(): Promise<ServerBench> {
  const bench = await ServerBench.create();
  await inService(bench);
  return bench;
}

async function inService(bench: ServerBench): Promise<void> {
  await bench.publish(OLD);
  await using dewy = await startAndServe(bench, OLD);
  await bench.publish(NEW);
  await dewy.waitForLog("Keep releases");
  await bench.serves(NEW);
  await dewy.waitForLog("Deployment completed successfully", { tag: NEW });
}

async function startAndServe(
  bench: ServerBench,
  version: string,
  options: StartOptions = {},
): Promise<DewyProcess> {
  const dewy = bench.start(options);
  await bench.serves(version);
  return dewy;
}

async function isHeld(bench: ServerBench): Promise<void> {
  await eventually(async () => {
    const names = await Array.fromAsync(Deno.readDir(bench.workdir));
    return names.some(({ name }) => name === "held");
  }, { timeoutMs: 20_000, message: "the hook is under way" });
}

/** Starts dewy again: it goes back, and stays there. */
async function endsBack(bench: ServerBench): Promise<void> {
  const dewy = bench.start();
  await bench.serves(OLD);
  await eventually(
    async () => (await readState(bench.workdir)).deployed?.tag === OLD,
    { timeoutMs: 20_000, message: "the way back is written down" },
  );
  await waitForTicks(dewy, 3);
  assert.equal(await bench.version(), OLD);
  const { rollback, history } = await readState(bench.workdir);
  assert.deepEqual([rollback?.from, rollback?.to], [NEW, OLD]);
  assert.equal(history.at(-1)?.outcome, "rolled-back");
  assert.equal(await linked(bench), OLD);
}

/** Returns the version that `current` leads to. */
async function linked(bench: ServerBench): Promise<string> {
  const path = join(bench.workdir, "current", "VERSION");
  return (await Deno.readTextFile(path)).trim();
}
