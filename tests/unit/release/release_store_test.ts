import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ArtifactError, FilesystemError } from "../../../src/base/errors.ts";
import { unpackArchive } from "../../../src/release/extract.ts";
import { ReleaseStore } from "../../../src/release/release_store.ts";
import { WIDE_LIMITS } from "../../support/extract_support.ts";
import { tar } from "../../support/tar_bytes.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NOON = Date.parse("2026-01-15T12:00:00Z");
const signal = new AbortController().signal;

Deno.test("stage() unpacks into a folder named after the time", async () => {
  await using dir = await TempDir.create();
  const store = storeIn(dir);
  const staged = await store.stage(await archive(dir), signal);
  assert.equal(staged.path, dir.join("releases", "20260115T120000Z"));
  assert.equal(staged.entries, 1);
  assert.equal(await Deno.readTextFile(`${staged.path}/VERSION`), "v1\n");
  assert.ok(await store.has(staged.path));
  assert.equal(await store.current(), undefined);
});

Deno.test("stage() names every release after the one before, whatever the clock says", async () => {
  await using dir = await TempDir.create();
  let now = NOON;
  const store = storeIn(dir, () => now);
  const paths: string[] = [];
  for (const time of [NOON, NOON, NOON - 86_400_000, NOON + 1]) {
    now = time;
    paths.push((await store.stage(await archive(dir), signal)).path);
  }
  assert.deepEqual(paths, [...paths].sort());
  assert.deepEqual(await names(dir.join("releases")), [
    "20260115T120000Z",
    "20260115T120001Z",
    "20260115T120002Z",
    "20260115T120003Z",
  ]);
});

Deno.test("stage() leaves nothing of an archive that is bad", async () => {
  await using dir = await TempDir.create();
  const whole = gzipSync(
    tar({ name: "a", body: crypto.getRandomValues(new Uint8Array(60_000)) }),
  );
  const cut = await archive(dir, whole.subarray(0, 30_000));
  await assert.rejects(storeIn(dir).stage(cut, signal), (error) => {
    assert.ok(error instanceof ArtifactError);
    assert.equal(error.code, "corrupt");
    return true;
  });
  assert.deepEqual(await names(dir.join("releases")), []);
});

Deno.test("stage() leaves nothing when it is called off, and says so", async () => {
  await using dir = await TempDir.create();
  const stop = AbortSignal.abort(new Error("Stopped by hand"));
  await assert.rejects(storeIn(dir).stage(await archive(dir), stop), {
    message: "Stopped by hand",
  });
  assert.deepEqual(await names(dir.join("releases")), []);
});

Deno.test("stage() says what it cannot write, and that it is no fault of the archive", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(dir.join("releases"), "no folder");
  await assert.rejects(
    storeIn(dir).stage(await archive(dir), signal),
    (error) => {
      assert.ok(error instanceof FilesystemError);
      assert.equal(
        error.message,
        `Cannot unpack "app.tar.gz" into "${dir.join("releases")}"`,
      );
      return true;
    },
  );
  assert.equal(await Deno.readTextFile(dir.join("releases")), "no folder");
});

Deno.test("prune() keeps the newest, and those in use however old", async () => {
  await using dir = await TempDir.create();
  const store = storeIn(dir);
  const paths: string[] = [];
  for (let n = 0; n < 6; n++) {
    paths.push((await store.stage(await archive(dir), signal)).path);
  }
  await Deno.mkdir(dir.join("releases", "notes"));
  const [oldest = ""] = paths;
  const removed = await store.prune(2, new Set([oldest]));
  assert.deepEqual(removed, paths.slice(1, 4));
  assert.deepEqual(await names(dir.join("releases")), [
    ...[oldest, ...paths.slice(4)].map((path) => path.split("/").at(-1) ?? ""),
    "notes",
  ]);
  assert.deepEqual(await store.prune(2, new Set([oldest])), []);
});

Deno.test("prune() removes a release with folders that forbid it", async () => {
  await using dir = await TempDir.create();
  const store = storeIn(dir);
  const { path } = await store.stage(await archive(dir), signal);
  await Deno.mkdir(`${path}/locked/inner`, { recursive: true });
  await Deno.writeTextFile(`${path}/locked/inner/file`, "");
  await Deno.chmod(`${path}/locked/inner`, 0o500);
  await Deno.chmod(`${path}/locked`, 0o500);
  await store.remove(path);
  assert.ok(!await store.has(path));
});

Deno.test("prune() has nothing to do before the first release", async () => {
  await using dir = await TempDir.create();
  assert.deepEqual(await storeIn(dir).prune(7, new Set()), []);
});

Deno.test("removeLeftovers() removes staging folders and the link beside, and lists them", async () => {
  await using dir = await TempDir.create();
  const store = storeIn(dir);
  const { path } = await store.stage(await archive(dir), signal);
  await store.activate(path);
  await Deno.mkdir(dir.join("releases", ".staging-1", "half"), {
    recursive: true,
  });
  await Deno.symlink(path, dir.join("current.tmp"));
  assert.deepEqual(await store.removeLeftovers(), [
    "releases/.staging-1",
    "current.tmp",
  ]);
  assert.deepEqual(await store.removeLeftovers(), []);
  assert.equal(await store.current(), path);
  assert.equal((await names(dir.join("releases"))).length, 1);
});

Deno.test("removeLeftovers() leaves a real folder called current.tmp", async () => {
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join("current.tmp"));
  assert.deepEqual(await storeIn(dir).removeLeftovers(), []);
  assert.deepEqual(await names(dir.path), ["current.tmp"]);
});

Deno.test("remove() does not mind a release that is gone", async () => {
  await using dir = await TempDir.create();
  const store = storeIn(dir);
  await store.remove(dir.join("releases", "20260115T120000Z"));
  assert.ok(!await store.has(dir.join("releases", "20260115T120000Z")));
});

function storeIn(dir: TempDir, now: () => number = () => NOON): ReleaseStore {
  return new ReleaseStore({
    root: dir.path,
    limits: WIDE_LIMITS,
    unpack: unpackArchive,
    now,
  });
}

async function archive(
  dir: TempDir,
  bytes: Uint8Array = gzipSync(tar({ name: "VERSION", body: "v1\n" })),
): Promise<{ path: string; name: string }> {
  const path = dir.join("artifact");
  await Deno.writeFile(path, bytes);
  return { path, name: "app.tar.gz" };
}

async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}
