import assert from "node:assert/strict";
import { ConfigError, FilesystemError } from "../../../src/base/errors.ts";
import { lockWorkdir } from "../../../src/cli/workdir_lock.ts";
import { eventually } from "../../support/eventually.ts";
import { TempDir } from "../../support/temp_dir.ts";

const LOCK_SOURCE = new URL(
  "../../../src/cli/workdir_lock.ts",
  import.meta.url,
);

Deno.test("lockWorkdir() makes the folder and writes down who has it", async () => {
  await using dir = await TempDir.create();
  using _lock = await lockWorkdir(dir.path);
  assert.equal(
    await Deno.readTextFile(dir.join(".dewy", "lock")),
    `${Deno.pid}\n`,
  );
});

Deno.test("lockWorkdir() can be had again after it was given up", async () => {
  await using dir = await TempDir.create();
  (await lockWorkdir(dir.path))[Symbol.dispose]();
  using _lock = await lockWorkdir(dir.path);
});

Deno.test("lockWorkdir() refuses a folder that another process has, names it, and is free after its kill -9", async () => {
  await using dir = await TempDir.create();
  await using holder = await startHolder(dir.path);
  await assert.rejects(lockWorkdir(dir.path), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(
      error.message,
      `Cannot use "${dir.path}": another dewy (process ${holder.pid}) works there`,
    );
    assert.equal(
      error.hint,
      "Give each application a working directory of its own",
    );
    return true;
  });
  holder.kill();
  using _lock = await eventually(() => lockWorkdir(dir.path), {
    message: "the lock is free",
  });
  assert.equal(
    await Deno.readTextFile(dir.join(".dewy", "lock")),
    `${Deno.pid}\n`,
  );
});

Deno.test("lockWorkdir() says which folder it cannot make", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(dir.join(".dewy"), "");
  await assert.rejects(lockWorkdir(dir.path), (error) => {
    assert.ok(error instanceof FilesystemError);
    assert.equal(
      error.message,
      `Cannot use the working directory "${dir.join(".dewy")}"`,
    );
    return true;
  });
});

interface Holder extends AsyncDisposable {
  readonly pid: number;
  kill(): void;
}

/** Starts a process that locks `root` and keeps it. */
async function startHolder(root: string): Promise<Holder> {
  const program = `const { lockWorkdir } = await import("${LOCK_SOURCE.href}");
const lock = await lockWorkdir(${JSON.stringify(root)});
console.log("locked");
setInterval(() => lock, 1000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  assert.ok(!done, "the other process did not lock the folder");
  let isKilled = false;
  const kill = () => {
    if (!isKilled) child.kill("SIGKILL");
    isKilled = true;
  };
  return {
    pid: child.pid,
    kill,
    [Symbol.asyncDispose]: async () => {
      kill();
      await child.status;
      await reader.cancel();
    },
  };
}
