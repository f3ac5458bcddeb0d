import assert from "node:assert/strict";
import { fromFolder } from "../../scripts/paths.ts";
import { readmeCommand } from "../support/readme_command.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("the demo, as README.md has it, loses no request and leaves nothing behind", async () => {
  await using dir = await TempDir.create();
  const command = await readmeCommand("demo", { dir, cwd: fromFolder("..") });
  const child = command.spawn();
  await child.stdin.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  const all = `${text}\n${new TextDecoder().decode(stderr)}`;
  assert.equal(code, 0, all);
  assert.match(text, /^ {2}requests lost {7}0$/m);
  assert.match(text, /\nNo request was lost\.\n$/);
  assert.match(text, /^ {2}answered by {9}v1\.0\.0 \d+, v2\.0\.0 \d+$/m);
  const left = await Array.fromAsync(Deno.readDir(dir.join("tmp")));
  assert.deepEqual(left.map(({ name }) => name), []);
});
