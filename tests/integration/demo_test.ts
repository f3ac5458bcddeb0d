import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TempDir } from "../support/temp_dir.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

Deno.test("the demo loses no request and leaves nothing behind", async () => {
  await using temp = await TempDir.create();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/demo.ts"],
    cwd: ROOT,
    env: { TMPDIR: temp.path, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const all = `${text}\n${new TextDecoder().decode(stderr)}`;
  assert.equal(code, 0, all);
  assert.match(text, /^ {2}requests lost {7}0$/m);
  assert.match(text, /\nNo request was lost\.\n$/);
  assert.match(text, /^ {2}answered by {9}v1\.0\.0 \d+, v2\.0\.0 \d+$/m);
  const left = await Array.fromAsync(Deno.readDir(temp.path));
  assert.deepEqual(left.map(({ name }) => name), []);
});
