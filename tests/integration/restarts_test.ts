import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { assertInOrder } from "../support/in_order.ts";
import { LoadClient } from "../support/load_client.ts";
import { ServerBench } from "../support/server_bench.ts";

const OLD = "v1.0.0";
const NEW = "v1.1.0";
const COMPLETED = "Deployment completed successfully";

Deno.test("a new start serves the last release without deploying it again", async () => {
  await using bench = await deployedOnce(OLD);
  await using dewy = bench.start();
  await bench.serves(OLD);
  await dewy.waitForLog("Deploy skipped");
  await assertInOrder(bench, OLD);
  assert.deepEqual(dewy.logs(COMPLETED), []);
  const releases = await Array.fromAsync(
    Deno.readDir(join(bench.workdir, "releases")),
  );
  assert.equal(releases.length, 1);
});

Deno.test("a new start serves the last release while the registry cannot be read", async () => {
  await using bench = await deployedOnce(OLD);
  await Deno.rename(bench.registry.path, `${bench.registry.path}.away`);
  await using dewy = bench.start();
  await bench.serves(OLD);
  await dewy.waitForLog("Current failure");
  await Deno.rename(`${bench.registry.path}.away`, bench.registry.path);
  await bench.publish(NEW);
  await assertInOrder(bench, NEW);
});

Deno.test("a new start serves the last release before it fetches the next one", async () => {
  await using bench = await deployedOnce(OLD);
  await bench.publish(NEW);
  const args = [
    "--before-deploy-hook",
    "while [ ! -e go ]; do sleep 0.05; done",
  ];
  await using dewy = bench.start({ args });
  await bench.serves(OLD);
  assert.deepEqual(dewy.logs("Extract archive"), []);
  await Deno.writeTextFile(join(bench.workdir, "go"), "");
  await assertInOrder(bench, NEW);
});

Deno.test("a lost link is made again", async () => {
  await using bench = await deployedOnce(OLD);
  await Deno.remove(join(bench.workdir, "current"));
  await using _dewy = bench.start();
  await assertInOrder(bench, OLD);
});

Deno.test("a lost release folder is unpacked again", async () => {
  await using bench = await deployedOnce(OLD);
  await Deno.remove(join(bench.workdir, "releases"), { recursive: true });
  await using _dewy = bench.start();
  await assertInOrder(bench, OLD);
});

Deno.test("a damaged state file is moved aside and the release goes on", async () => {
  await using bench = await deployedOnce(OLD);
  const path = join(bench.workdir, ".dewy", "state.json");
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.slice(0, text.length / 2));
  await using dewy = bench.start();
  await bench.serves(OLD);
  await dewy.waitForLog("State file is unreadable and was moved aside");
  await assertInOrder(bench, OLD);
  assert.ok((await Deno.stat(`${path}.unreadable`)).isFile);
});

Deno.test("a worker that dies under load loses what it was answering, and no new connection", async () => {
  await using bench = await deployedOnce(OLD);
  await using dewy = bench.start();
  await bench.serves(OLD);
  const { pid } = await bench.oneWorker();
  const [keepAlive, fresh] = [4, 4];
  const target = { port: bench.port };
  await using load = LoadClient.start({ target, keepAlive, fresh });
  await answers(load);
  assert.deepEqual(load.failures, []);
  Deno.kill(pid, "SIGKILL");
  await dewy.waitForLog("Worker died unexpectedly, restarting", { pid });
  await answers(load);
  const { failures } = load;
  // Each loop waits for one answer at a time, so that many are in flight at most.
  assert.ok(failures.length <= keepAlive + fresh, failures.join("\n"));
  assert.deepEqual(failures.filter((text) => /refused/i.test(text)), []);
  assert.notEqual((await bench.oneWorker()).pid, pid);
  const lost = failures.length;
  await answers(load);
  await load.stop();
  assert.deepEqual(failures.slice(lost), []);
});

/** Waits for answers to further requests. */
async function answers(load: LoadClient): Promise<void> {
  const before = load.requests;
  await eventually(() => load.requests > before + 200, {
    message: "load is answered",
  });
}

Deno.test("of many releases the newest seven stay", async () => {
  await using bench = await deployedOnce(OLD);
  await using dewy = bench.start({ args: ["--confirm-time", "100ms"] });
  for (let patch = 1; patch <= 9; patch++) {
    await bench.publish(`v1.0.${patch}`);
    await dewy.waitForLog(COMPLETED, { tag: `v1.0.${patch}` });
  }
  await assertInOrder(bench, "v1.0.9");
  const folder = join(bench.workdir, "releases");
  await eventually(async () => {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map((
      { name },
    ) => name);
    const tags = await Promise.all(
      names.sort().map((name) =>
        Deno.readTextFile(join(folder, name, "VERSION"))
      ),
    );
    assert.deepEqual(
      tags,
      [3, 4, 5, 6, 7, 8, 9].map((patch) => `v1.0.${patch}\n`),
    );
    return true;
  }, { message: "old releases are removed" });
});

/** Returns a bench on which a dewy deployed `version` and was stopped. */
async function deployedOnce(version: string): Promise<ServerBench> {
  const bench = await ServerBench.create();
  try {
    await bench.publish(version);
    const dewy = bench.start();
    await dewy.waitForLog(COMPLETED, { tag: version });
    dewy.kill("SIGTERM");
    assert.equal(await dewy.exitCode(), 0);
    return bench;
  } catch (error) {
    await bench[Symbol.asyncDispose]();
    throw error;
  }
}
