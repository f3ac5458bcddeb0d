import assert from "node:assert/strict";
import { DewyProcess } from "../support/dewy_process.ts";
import { dewyCommand } from "../support/dewy_program.ts";
import { TempDir } from "../support/temp_dir.ts";

for (const words of ["completions bash", "help", "--help"]) {
  Deno.test(`dewy ${words} ends quietly when nobody reads on`, async () => {
    const dewy = [...dewyCommand(), ...words.split(" ")];
    const script = '{ sleep 0.1; "$@"; echo "code $?" >&2; } | true';
    const { stderr } = await new Deno.Command("sh", {
      args: ["-c", script, "sh", ...dewy],
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "code 0\n");
  });
}

Deno.test("a mistyped variable is told at the start", async () => {
  await using dir = await TempDir.create();
  await using dewy = DewyProcess.start({
    cwd: dir.path,
    args: ["assets", "--once", "--registry", `file://${dir.path}`],
    env: { DEWY_LOGLEVEL: "error", DEWY_VERSION: "v1.0.0", DEWY_BANANAS: "" },
  });
  assert.equal(await dewy.exitCode(), 2);
  const told = dewy.logs("Environment variable has no effect");
  assert.deepEqual(
    told.map(({ level, name, hint }) => [level, name, hint]),
    [
      ["WARN", "DEWY_BANANAS", "dewy --help lists the options"],
      ["WARN", "DEWY_LOGLEVEL", 'Did you mean "DEWY_LOG_LEVEL"?'],
    ],
  );
});

Deno.test("a broken percent code in a URL is told with what to write", async () => {
  await using dir = await TempDir.create();
  for (const option of ["--registry", "--cache"]) {
    const urls = { "--registry": `file://${dir.path}`, [option]: "file:///a%" };
    await using dewy = DewyProcess.start({
      cwd: dir.path,
      args: ["assets", "--once", ...Object.entries(urls).flat()],
      env: {},
    });
    assert.equal(await dewy.exitCode(), 1);
    assert.deepEqual(dewy.output(), [
      `Error: Cannot read ${option.slice(2)} "file:///a%"`,
      "  because: URI malformed",
      '  hint: Write "%25" in place of a plain "%"',
    ]);
  }
});
