import assert from "node:assert/strict";
import { archiveName, hostTarget } from "../../scripts/build/targets.ts";
import { fromFolder } from "../../scripts/paths.ts";
import { PROGRAM_VARIABLE } from "../support/dewy_program.ts";
import { TempDir } from "../support/temp_dir.ts";

/** As `deno task build` has it. */
const EXIT_NO_RUNTIME = 3;
/** Each isolate, native code, and the driver with the largest library. */
const DONE_WITH_IT = ["demo", "s3"]
  .map((name) => `tests/integration/${name}_test.ts`);

Deno.test("the compiled dewy starts quickly and goes through the demo and a deploy from S3; a build that gets no runtime says so", async () => {
  await using dir = await TempDir.create();
  const target = hostTarget();
  assert.ok(target !== undefined, "there is no dewy for this machine");
  const out = dir.join("out");
  const built = await deno(["run", "-A", "scripts/build.ts", "--out", out]);
  if (built.code === EXIT_NO_RUNTIME) {
    assert.match(built.output, /^Cannot get the runtime for [^]*DENORT_BIN/m);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(out)), []);
    return;
  }
  assert.equal(built.code, 0, built.output);
  const unpacked = await new Deno.Command("tar", {
    args: ["-xzf", `${out}/${archiveName(target)}`, "-C", dir.path, "dewy"],
  }).output();
  assert.ok(unpacked.success);
  const tested = await deno(
    ["test", "-A", "--no-check", ...DONE_WITH_IT],
    { [PROGRAM_VARIABLE]: dir.join("dewy") },
  );
  assert.equal(tested.code, 0, tested.output);
  await Deno.writeTextFile(dir.join("empty.js"), "export {};\n");
  const empty = dir.join("empty");
  const compiled = await deno(
    ["compile", "--no-config", "--output", empty, dir.join("empty.js")],
  );
  assert.equal(compiled.code, 0, compiled.output);
  const programs = [dir.join("dewy"), empty];
  const bench = ["run", "-A", "scripts/bench/start.ts", ...programs];
  let started = await deno(bench);
  // Another process may have taken the machine for the whole of it.
  if (started.code !== 0) started = await deno(bench);
  assert.equal(started.code, 0, started.output);
});

async function deno(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fromFolder(".."),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}
