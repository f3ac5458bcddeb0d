import assert from "node:assert/strict";
import {
  currentTarget,
  readState,
  releaseNames,
  waitForFailure,
} from "../support/deploy_state.ts";
import { eventually } from "../support/eventually.ts";
import { assertInOrder } from "../support/in_order.ts";
import { mount } from "../support/mount.ts";
import { ServerBench } from "../support/server_bench.ts";

/** Only root may mount. */
const ignore = Deno.uid() !== 0;

const noise = crypto.getRandomValues(new Uint8Array(48 * 1024));
const large = { a: noise, b: noise.toReversed(), c: noise.toSorted() };

Deno.test({
  name:
    "a full disk changes nothing, and dewy goes on by itself when there is room",
  ignore,
  async fn() {
    await using bench = await ServerBench.create();
    await using _disk = await mount([
      "-t",
      "tmpfs",
      "-o",
      "size=1m",
      "tmpfs",
    ], bench.workdir);
    await bench.publish("v1.0.0");
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    await dewy.waitForLog("Keep releases");
    const target = await currentTarget(bench.workdir);
    const filler = `${bench.workdir}/filler`;
    await fill(filler);
    await bench.publish("v2.0.0", { files: large });
    const failed = await waitForFailure(dewy, "v2.0.0");
    assert.match(String(failed["error"]), /^Cannot .*No space left on device/);
    assert.equal(
      failed["hint"],
      "The disk is full: free space, then dewy retries by itself",
    );
    assert.equal(await bench.version(), "v1.0.0");
    assert.equal(await currentTarget(bench.workdir), target);
    assert.equal((await releaseNames(bench.workdir)).length, 1);
    assert.equal((await readState(bench.workdir)).deployed?.tag, "v1.0.0");

    await Deno.remove(filler);
    await bench.serves("v2.0.0", 60_000);
    assert.equal(dewy.logs("Deploy failed", { tag: "v2.0.0" }).length, 1);
    const { deployed, failures } = await eventually(async () => {
      const state = await readState(bench.workdir);
      return state.deployed?.tag === "v2.0.0" && state;
    }, { message: "the state is written" });
    assert.equal(deployed?.tag, "v2.0.0");
    assert.deepEqual(failures, []);
  },
});

Deno.test({
  name:
    "a dewy that was killed in a deploy and is started on a full disk serves what it has, and goes on when there is room",
  ignore,
  async fn() {
    await using bench = await ServerBench.create();
    await using _disk = await mount([
      "-t",
      "tmpfs",
      "-o",
      "size=1m",
      "tmpfs",
    ], bench.workdir);
    await bench.publish("v1.0.0");
    {
      await using dewy = bench.start();
      await bench.serves("v1.0.0");
      await dewy.waitForLog("Keep releases");
      await dewy.crash();
    }
    await beginDeploy(bench.workdir, "v1.9.0");
    const filler = `${bench.workdir}/filler`;
    await fill(filler, 0);
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    await dewy.waitForLog("Cannot tidy up the list of workers");
    await dewy.waitForLog("Cannot tidy up the state");
    await Deno.remove(filler);
    await bench.publish("v2.0.0");
    await bench.serves("v2.0.0");
    await assertInOrder(bench, "v2.0.0");
  },
});

Deno.test({
  name: "a releases folder that is read-only is told as such, and v1 serves on",
  ignore,
  async fn() {
    await using bench = await ServerBench.create();
    await bench.publish("v1.0.0");
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    const releases = `${bench.workdir}/releases`;
    {
      await using _readOnly = await mountReadOnly(releases);
      await bench.publish("v2.0.0");
      const failed = await waitForFailure(dewy, "v2.0.0");
      assert.match(
        String(failed["error"]),
        /^Cannot unpack "app_.*" into ".*\/releases": Read-only file system/,
      );
      assert.equal(
        failed["hint"],
        "The file system is read-only: remount it writable",
      );
      assert.equal(await bench.version(), "v1.0.0");
    }
    await bench.publish("v3.0.0");
    await bench.serves("v3.0.0");
  },
});

Deno.test({
  name: "a working directory that is read-only ends the start with code 3",
  ignore,
  async fn() {
    await using bench = await ServerBench.create();
    await bench.publish("v1.0.0");
    await using _readOnly = await mountReadOnly(bench.workdir);
    await using dewy = bench.start();
    assert.equal(await dewy.exitCode(), 3);
    const output = await eventually(
      () => dewy.output().length >= 3 && dewy.output(),
      { message: "the error is printed" },
    );
    assert.equal(
      output[0],
      `Error: Cannot use the working directory "${bench.workdir}/.dewy"`,
    );
    assert.match(output[1] ?? "", /^ {2}because: Read-only file system/);
    assert.equal(
      output[2],
      "  hint: The file system is read-only: remount it writable",
    );
  },
});

Deno.test({
  name: "a state file that cannot be written is told, and the deploy holds",
  ignore,
  async fn() {
    await using bench = await ServerBench.create();
    await bench.publish("v1.0.0");
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    await dewy.waitForLog("Deployment completed successfully");
    {
      await using _readOnly = await mountReadOnly(`${bench.workdir}/.dewy`);
      await bench.publish("v2.0.0");
      const failed = await waitForFailure(dewy, "v2.0.0");
      assert.match(String(failed["error"]), /Read-only file system/);
      const told = await dewy.waitForLog("Cannot tidy up the state");
      assert.match(String(told["hint"]), /remount it writable/);
      assert.equal(await bench.version(), "v1.0.0");
    }
    await bench.publish("v3.0.0");
    await bench.serves("v3.0.0");
  },
});

/** Has the state say that a deploy had begun when dewy was killed. */
async function beginDeploy(workdir: string, tag: string): Promise<void> {
  const state = await readState(workdir);
  const path = `${workdir}/releases/20990101T000000Z`;
  const deploying = { tag, key: `${tag}--app`, path, startedAt: Date.now() };
  const text = JSON.stringify({ ...state, deploying });
  await Deno.writeTextFile(`${workdir}/.dewy/state.json`, text);
}

/** Makes a folder read-only, also for root. */
async function mountReadOnly(path: string): Promise<AsyncDisposable> {
  const bound = await mount(["--bind", path], path);
  await mount(["-o", "remount,bind,ro"], path);
  return bound;
}

/** Writes a file until the disk is all but full. */
async function fill(path: string, room = 64 * 1024): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const chunk = new Uint8Array(16 * 1024);
  try {
    for (;;) await file.write(chunk);
  } catch {
    const { size } = await file.stat();
    await file.truncate(size - room);
  }
}
