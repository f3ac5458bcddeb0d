import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { readEnvFile } from "../../../src/container/env_file.ts";
import { readRun } from "./read_run.ts";

async function failureOf(content: string | Uint8Array): Promise<ConfigError> {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  const env = () => undefined;
  const read = readEnvFile("/a.env", () => Promise.resolve(bytes), { env });
  return await read.then(
    () => assert.fail("Not refused"),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      return error;
    },
  );
}

Deno.test("readEnvFiles() puts files first, in their order, and --env last", async () => {
  const words = ["-e", "A=3", "--env-file", "b.env", "--env-file=/a.env"];
  const options = await readRun(words, {
    "/srv/web/b.env": "A=1\nB=1\nC=1",
    "/a.env": "B=2",
  });
  assert.deepEqual(options.body.Env, ["A=3", "B=2", "C=1"]);
});

for (
  const line of ["export A=hunter2", "=hunter2", "hunter2 more", "A =hunter2"]
) {
  Deno.test(`readEnvFile() refuses ${line} and repeats nothing of it`, async () => {
    const error = await failureOf(`# first\n\n${line}\n`);
    assert.match(error.message, /^Cannot read "\/a\.env" .*: line 3 /);
    assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2|more/);
  });
}

Deno.test("readEnvFile() refuses what is not UTF-8", async () => {
  const error = await failureOf(Uint8Array.of(65, 61, 0xff));
  assert.match(error.message, /it is not UTF-8$/);
});

Deno.test("readEnvFile() says which file it cannot read", async () => {
  const read = readEnvFile("/no/such.env", Deno.readFile, {
    env: () => undefined,
  });
  await assert.rejects(read, {
    name: "ConfigError",
    message: /^Cannot read "\/no\/such\.env" of option "--env-file": No such/,
  });
});
