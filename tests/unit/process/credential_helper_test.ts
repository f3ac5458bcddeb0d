import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { runCredentialHelper } from "../../../src/process/credential_helper.ts";
import { eventually } from "../../support/eventually.ts";
import { TempDir } from "../../support/temp_dir.ts";

/** Puts a helper `test` into PATH, and runs it. */
async function run(
  dir: TempDir,
  script: string,
  options: {
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
    readonly name?: string;
  } = {},
) {
  const path = dir.join("docker-credential-test");
  await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return await runCredentialHelper({
    name: "test",
    server: "gcr.io",
    env: { PATH: `${dir.path}:/usr/bin:/bin`, OWN: "own" },
    signal: new AbortController().signal,
    ...options,
  });
}

Deno.test("runCredentialHelper() asks for the server on standard input", async () => {
  await using dir = await TempDir.create();
  const script =
    `read -r server; printf '{"ServerURL":"%s","Username":"%s-%s-%s","Secret":"x"}' "$server" "$1" "$server" "$OWN"`;
  deepEqual(await run(dir, script), {
    username: "get-gcr.io-own",
    secret: "x",
  });
});

Deno.test("runCredentialHelper() takes no word for none", async () => {
  await using dir = await TempDir.create();
  const script = "echo 'credentials not found in native keychain'; exit 1";
  equal(await run(dir, script), undefined);
});

Deno.test("runCredentialHelper() tells that a helper failed, and not what it printed", async () => {
  const scripts = [
    "echo s3cr3t; exit 1",
    "echo s3cr3t",
    'echo \'{"Username":"s3cr3t"}\'',
    'echo \'{"Username":"","Secret":"s3cr3t"}\'',
    "exit 3",
    "head -c 1000000 /dev/zero",
    "kill -9 $$",
  ];
  for (const script of scripts) {
    await using dir = await TempDir.create();
    await rejects(run(dir, script), (error) => {
      ok(error instanceof SourceError, String(error));
      equal(error.code, "denied");
      ok(
        error.message.startsWith(
          'Cannot get credentials for "gcr.io": "docker-credential-test" ',
        ),
      );
      return !Deno.inspect(error, { depth: 9 }).includes("s3cr3t");
    });
  }
});

Deno.test("runCredentialHelper() runs helpers by their name in PATH only", async () => {
  await using dir = await TempDir.create();
  await rejects(run(dir, "", { name: "missing" }), (error) => {
    ok(error instanceof SourceError);
    return /not in PATH/.test(error.message);
  });
  for (const name of ["../test", "x/y", "", "-x", "a b"]) {
    await rejects(run(dir, "", { name }), /no valid name/);
  }
});

Deno.test("runCredentialHelper() kills a helper that hangs, and what it started", async () => {
  await using dir = await TempDir.create();
  const pids = dir.join("pids");
  const script = `sleep 1000 & echo $! > ${pids}; wait`;
  await rejects(run(dir, script, { timeoutMs: 300 }), (error) => {
    ok(error instanceof SourceError);
    equal(error.code, "timeout", error.message);
    return true;
  });
  const pid = Number(await Deno.readTextFile(pids));
  await eventually(() => !isAlive(pid), { message: "its child ends" });
  const controller = new AbortController();
  const reason = new Error("stopped");
  await Deno.remove(pids);
  const running = rejects(
    run(dir, script, { signal: controller.signal }),
    reason,
  );
  await eventually(() => Deno.stat(pids), { message: "it runs" });
  controller.abort(reason);
  await running;
});

function isAlive(pid: number): boolean {
  try {
    // A zombie, which nobody waits for, has no more than its name.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
