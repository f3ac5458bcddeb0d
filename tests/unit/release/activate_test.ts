import assert from "node:assert/strict";
import { FilesystemError } from "../../../src/base/errors.ts";
import {
  activate,
  deactivate,
  readCurrent,
  refuseRealCurrent,
} from "../../../src/release/activate.ts";
import { TempDir } from "../../support/temp_dir.ts";

Deno.test("activate() makes the link, and replaces it", async () => {
  await using dir = await withReleases("a", "b");
  await activate(dir.path, dir.join("a"));
  assert.equal(await Deno.readLink(dir.join("current")), dir.join("a"));
  await activate(dir.path, dir.join("b"));
  assert.equal(await Deno.readLink(dir.join("current")), dir.join("b"));
  assert.deepEqual(await names(dir.path), ["a", "b", "current"]);
});

Deno.test("activate() lets no reader see the link missing", async () => {
  await using dir = await withReleases("a", "b");
  await activate(dir.path, dir.join("a"));
  await using reader = await startReader(dir.join("current", "name"));
  for (let n = 0; n < 500; n++) {
    await activate(dir.path, dir.join("b"));
    await activate(dir.path, dir.join("a"));
  }
  const seen = await reader.stop();
  assert.deepEqual(seen.problems, []);
  assert.ok(seen.reads > 100, `only ${seen.reads} reads`);
  assert.deepEqual(seen.values.sort(), ["a", "b"]);
});

Deno.test("activate() takes away a link that a crash left beside", async () => {
  await using dir = await withReleases("a", "b");
  await Deno.symlink(dir.join("b"), dir.join("current.tmp"));
  await activate(dir.path, dir.join("a"));
  assert.equal(await readCurrent(dir.path), dir.join("a"));
  assert.deepEqual(await names(dir.path), ["a", "b", "current"]);
});

Deno.test("activate() replaces a link that leads nowhere", async () => {
  await using dir = await withReleases("a");
  await Deno.symlink(dir.join("gone"), dir.join("current"));
  await activate(dir.path, dir.join("a"));
  assert.equal(await readCurrent(dir.path), dir.join("a"));
});

for (const kind of ["folder", "file"] as const) {
  Deno.test(`activate() leaves a real ${kind} alone and says what to do`, async () => {
    await using dir = await withReleases("a");
    const link = dir.join("current");
    if (kind === "folder") await Deno.mkdir(link);
    else await Deno.writeTextFile(link, "precious");
    for (
      const attempt of [
        () => activate(dir.path, dir.join("a")),
        () => refuseRealCurrent(dir.path),
      ]
    ) {
      await assert.rejects(attempt, (error) => {
        assert.ok(error instanceof FilesystemError);
        assert.equal(
          error.message,
          `Cannot use "${link}": it is a real ${kind}, not a link`,
        );
        assert.equal(
          error.hint,
          `dewy swaps it as a link; move it away first: mv ${link} ${link}.old`,
        );
        return true;
      });
    }
    assert.ok(!(await Deno.lstat(link)).isSymlink);
    assert.deepEqual(await names(dir.path), ["a", "current"]);
  });
}

Deno.test("activate() keeps the old link when the new one cannot be made", async () => {
  await using dir = await withReleases("a", "b");
  await activate(dir.path, dir.join("a"));
  await Deno.mkdir(dir.join("current.tmp"));
  await assert.rejects(activate(dir.path, dir.join("b")), {
    name: "FilesystemError",
    message: `Cannot point "${dir.join("current")}" at "${dir.join("b")}"`,
  });
  assert.equal(await readCurrent(dir.path), dir.join("a"));
});

Deno.test("readCurrent() follows the link to a folder, and only to one", async () => {
  await using dir = await withReleases("a");
  const link = dir.join("current");
  assert.equal(await readCurrent(dir.path), undefined);
  for (const target of [dir.join("gone"), dir.join("a", "name"), "current"]) {
    await Deno.symlink(target, link);
    if (target !== "current") {
      assert.equal(await readCurrent(dir.path), undefined, target);
    }
    await Deno.remove(link);
  }
  await Deno.symlink("a", link);
  assert.equal(await readCurrent(dir.path), dir.join("a"));
});

Deno.test("deactivate() removes the link, not what it leads to, and nothing else", async () => {
  await using dir = await withReleases("a");
  await deactivate(dir.path);
  await activate(dir.path, dir.join("a"));
  await deactivate(dir.path);
  assert.deepEqual(await names(dir.path), ["a"]);
  await Deno.mkdir(dir.join("current"));
  await deactivate(dir.path);
  assert.deepEqual(await names(dir.path), ["a", "current"]);
});

/** Makes folders that hold a file `name` with their own name. */
async function withReleases(...releases: string[]): Promise<TempDir> {
  const dir = await TempDir.create();
  for (const name of releases) {
    await Deno.mkdir(dir.join(name));
    await Deno.writeTextFile(dir.join(name, "name"), name);
  }
  return dir;
}

async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

interface Seen {
  readonly reads: number;
  readonly values: string[];
  readonly problems: readonly string[];
}

interface Reader extends AsyncDisposable {
  stop(): Promise<Seen>;
}

/** Reads a file over and over in a thread of its own. */
async function startReader(path: string): Promise<Reader> {
  const url = new URL("../../support/file_reader.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  const begun = next();
  worker.postMessage(path);
  await begun;
  return {
    stop: async () => {
      const answer = next();
      worker.postMessage("stop");
      return await answer as Seen;
    },
    [Symbol.asyncDispose]: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
}
