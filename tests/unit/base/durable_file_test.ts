import assert from "node:assert/strict";
import { join } from "node:path";
import { replaceFile, writeDurably } from "../../../src/base/durable_file.ts";
import { TempDir } from "../../support/temp_dir.ts";

for (const write of [writeDurably, replaceFile]) {
  Deno.test(`${write.name}() replaces a file, and leaves nothing beside it`, async () => {
    await using dir = await TempDir.create();
    const path = join(dir.path, "state.json");
    await write(path, "a longer text");
    await write(path, "text");
    assert.equal(await Deno.readTextFile(path), "text");
    assert.deepEqual(await names(dir.path), ["state.json"]);
  });

  Deno.test(`${write.name}() leaves nothing beside what it could not replace`, async () => {
    await using dir = await TempDir.create();
    const path = join(dir.path, "state.json");
    await Deno.mkdir(path);
    await assert.rejects(write(path, "text"), /Is a directory/);
    assert.deepEqual(await names(dir.path), ["state.json"]);
  });

  Deno.test(`${write.name}() tells that the folder is not there`, async () => {
    await using dir = await TempDir.create();
    const path = join(dir.path, "gone", "state.json");
    await assert.rejects(write(path, "text"), Deno.errors.NotFound);
  });
}

async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map((entry) => entry.name).sort();
}
