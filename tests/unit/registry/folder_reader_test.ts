import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import {
  type FolderNames,
  FolderReader,
} from "../../../src/registry/folder_reader.ts";

Deno.test("FolderReader tells files, folders, links and other things apart", async () => {
  const path = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(path, "b"), "x");
    await Deno.mkdir(join(path, "a"));
    await Deno.symlink("b", join(path, "c"));
    const reader = new FolderReader();
    const { signal } = new AbortController();
    deepEqual(await reader.list(path, signal), {
      folders: ["a", "c"],
      files: ["b", "c"],
    });
    equal((await reader.stat(join(path, "c"), signal))?.kind, "file");
    equal(await reader.list(join(path, "b"), signal), undefined);
    equal(await reader.stat(join(path, "b", "x"), signal), undefined);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("FolderReader ends at an abort and works again afterwards", async () => {
  const reader = new FolderReader();
  const controller = new AbortController();
  const reading = reader.list("/", controller.signal);
  controller.abort(new Error("stopped"));
  await rejects(reading, /stopped/);
  // The read that was left alone is still under way: no second one is begun.
  await rejects(reader.list("/", new AbortController().signal), {
    code: "unavailable",
    hint: "An earlier read still hangs: check the mount of this folder",
  });
  const { signal } = new AbortController();
  const deadline = Date.now() + 5000;
  let names: FolderNames | undefined;
  while (names === undefined) {
    ok(Date.now() < deadline, "The reader stays shut");
    await new Promise((resolve) => setTimeout(resolve, 5));
    names = await reader.list("/", signal).catch(() => undefined);
  }
  ok(names.folders.includes("tmp"));
});
