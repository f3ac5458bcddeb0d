import assert from "node:assert/strict";
import { readToken } from "../../../src/admin/token.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import { TempDir } from "../../support/temp_dir.ts";

const GOOD = "0123456789abcdef";

async function refusal(
  sources: { readonly file?: string; readonly value?: string },
): Promise<ConfigError> {
  const { file, value } = sources;
  const caught = await readToken({ file, value }).catch((error) => error);
  assert.ok(caught instanceof ConfigError, `refused: ${caught}`);
  return caught;
}

Deno.test("the file's token goes before the variable's, without its newline", async () => {
  await using dir = await TempDir.create();
  const file = dir.join("token");
  await Deno.writeTextFile(file, `${GOOD}-of-file\n`, { mode: 0o600 });
  assert.equal(await readToken({ file, value: GOOD }), `${GOOD}-of-file`);
  assert.equal(await readToken({ file: undefined, value: GOOD }), GOOD);
  const none = { file: undefined, value: undefined };
  assert.equal(await readToken(none), undefined);
  assert.equal(await readToken({ ...none, value: "" }), undefined);
});

for (const mode of [0o640, 0o604, 0o620, 0o644, 0o660]) {
  Deno.test(`a token file of mode ${mode.toString(8)} is refused with what to do`, async () => {
    await using dir = await TempDir.create();
    const file = dir.join("token");
    await Deno.writeTextFile(file, GOOD);
    await Deno.chmod(file, mode);
    const { hint, message } = await refusal({ file });
    assert.equal(hint, `chmod 600 ${file}`);
    assert.doesNotMatch(message, new RegExp(GOOD));
  });
}

for (
  const value of [
    "short",
    "0123456789 abcdef",
    "0123456789abcdé-",
    " ".repeat(20),
  ]
) {
  Deno.test(`"${value}" is no token`, async () => {
    const { message, hint } = await refusal({ value });
    assert.ok(!message.includes(value));
    assert.match(hint ?? "", /openssl rand/);
  });
}

Deno.test("an empty token file, or none, is refused", async () => {
  await using dir = await TempDir.create();
  const file = dir.join("token");
  assert.match((await refusal({ file })).hint ?? "", /umask 077/);
  await Deno.writeTextFile(file, "\n", { mode: 0o600 });
  assert.match((await refusal({ file })).message, /at least 16/);
});
