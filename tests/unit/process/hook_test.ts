import assert from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import type { HookResult } from "../../../src/base/event.ts";
import { type HookOptions, runHook } from "../../../src/process/hook.ts";
import { eventually } from "../../support/eventually.ts";
import { isAlive } from "../../support/process_table.ts";
import { TempDir } from "../../support/temp_dir.ts";

Deno.test("runHook() returns what a hook printed and how it ended", async () => {
  const result = await run("echo out; echo problem >&2");
  assert.equal(result.when, "before");
  assert.equal(result.command, "echo out; echo problem >&2");
  assert.equal(result.stdout, "out");
  assert.equal(result.stderr, "problem");
  assert.equal(result.exitCode, 0);
  assert.ok(!result.timedOut);
  assert.ok(result.durationMs >= 0 && result.durationMs < 10_000);
});

Deno.test("runHook() takes a failing hook for a result, not an error", async () => {
  const result = await run("echo half; exit 3");
  assert.equal(result.exitCode, 3);
  assert.equal(result.stdout, "half");
});

Deno.test("runHook() reports a hook that a signal ended as -1", async () => {
  const result = await run("kill -KILL $$");
  assert.equal(result.exitCode, -1);
  assert.ok(!result.timedOut);
});

Deno.test("runHook() says why a hook could not be run", async () => {
  const result = await run("true", { cwd: "/nowhere/at/all" });
  assert.equal(result.exitCode, 1);
  assert.match(result.stderr, /ENOENT|No such file|not found/i);
});

Deno.test("runHook() gives exactly the environment and the folder it is told", async () => {
  await using dir = await TempDir.create();
  const result = await run("pwd; echo $DEWY_VERSION; echo ${HOME-unset}", {
    cwd: dir.path,
    env: { DEWY_VERSION: "v1.2.3", PATH: "/usr/bin:/bin" },
  });
  assert.deepEqual(result.stdout.split("\n"), [dir.path, "v1.2.3", "unset"]);
});

Deno.test("runHook() gives no input to wait for", async () => {
  const result = await run("cat; echo done");
  assert.equal(result.stdout, "done");
});

Deno.test("runHook() keeps 64 KiB of each stream and says how much it dropped", async () => {
  const result = await run(
    "head -c 1000000 /dev/zero | tr '\\0' x; echo few >&2",
  );
  assert.equal(result.exitCode, 0);
  const [text = "", note = ""] = result.stdout.split("\n");
  assert.equal(text, "x".repeat(64 * 1024));
  assert.equal(note, `... (${1_000_000 - 64 * 1024} more bytes dropped)`);
  assert.equal(result.stderr, "few");
});

Deno.test("runHook() keeps whole lines of what it cuts, so that a secret stands there whole", async () => {
  const { stdout } = await run(
    "i=0; while [ $i -lt 6000 ]; do echo a-secret-of-18-chars; i=$((i+1)); done",
  );
  const lines = stdout.split("\n");
  const [bytes = "0"] = /\d+/.exec(lines.pop() ?? "") ?? [];
  assert.ok(lines.every((line) => line === "a-secret-of-18-chars"));
  assert.equal(lines.length * 21 + Number(bytes), 6_000 * 21);
});

Deno.test("runHook() does not keep in memory what it drops", async () => {
  await using dir = await TempDir.create();
  const before = heldBytes();
  const running = run(
    "head -c 300000000 /dev/zero | tr '\\0' x; touch printed; while [ ! -e go ]; do sleep 0.02; done",
    { cwd: dir.path },
  );
  const isPrinted = () => Deno.stat(dir.join("printed")).then(() => true);
  await eventually(isPrinted, { timeoutMs: 60_000, message: "all is printed" });
  const held = heldBytes() - before;
  await Deno.writeTextFile(dir.join("go"), "");
  const { stdout } = await running;
  assert.match(stdout, /\n\.\.\. \(299934464 more bytes dropped\)$/);
  assert.ok(held < 20_000_000, `${held} bytes were held`);
});

Deno.test("runHook() kills a hook at its time limit with everything it started", async () => {
  await using dir = await TempDir.create();
  const result = await run(
    `sleep 600 & echo $! > child; (trap '' TERM; sleep 600) & echo begun; wait`,
    { cwd: dir.path, timeoutMs: 700 },
  );
  assert.ok(result.timedOut);
  assert.equal(result.exitCode, -1);
  assert.equal(result.stdout, "begun");
  assert.ok(result.durationMs >= 600 && result.durationMs < 20_000);
  const child = Number(await Deno.readTextFile(dir.join("child")));
  await eventually(async () => !await isAlive(child), {
    message: "the background process ends",
  });
});

Deno.test("runHook() does not wait for a background process that keeps the output open", async () => {
  await using dir = await TempDir.create();
  const result = await run("sleep 600 & echo $! > child; echo done", {
    cwd: dir.path,
  });
  const child = Number(await Deno.readTextFile(dir.join("child")));
  try {
    assert.equal(result.stdout, "done");
    assert.equal(result.exitCode, 0);
    assert.ok(result.durationMs < 20_000);
    assert.ok(await isAlive(child), "it ended the background process");
  } finally {
    Deno.kill(child, "SIGKILL");
  }
});

Deno.test("runHook() kills a hook and rejects when it is called off", async () => {
  await using dir = await TempDir.create();
  const controller = new AbortController();
  const running = run("echo $$ > shell; sleep 600", {
    cwd: dir.path,
    signal: controller.signal,
  });
  const shell = await eventually(
    async () => Number(await Deno.readTextFile(dir.join("shell"))) || undefined,
    { message: "the hook runs" },
  );
  controller.abort(new Error("Stopped by hand"));
  await assert.rejects(running, { message: "Stopped by hand" });
  assert.ok(!await isAlive(shell));
});

Deno.test("runHook() does not begin when it was called off before", async () => {
  await using dir = await TempDir.create();
  const signal = AbortSignal.abort(new Error("Over"));
  await assert.rejects(run("touch begun", { cwd: dir.path, signal }), {
    message: "Over",
  });
  await assert.rejects(Deno.stat(dir.join("begun")), Deno.errors.NotFound);
});

function run(
  command: string,
  changes: Partial<HookOptions> = {},
): Promise<HookResult> {
  return runHook({
    when: "before",
    command,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    ...changes,
  });
}

/** Returns the bytes of all buffers that are in use, garbage collected first. */
function heldBytes(): number {
  v8.setFlagsFromString("--expose-gc");
  vm.runInNewContext("gc")();
  return Deno.memoryUsage().external;
}
