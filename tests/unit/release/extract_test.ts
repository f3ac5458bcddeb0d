import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { ArtifactError, FilesystemError } from "../../../src/base/errors.ts";
import { extractArchive } from "../../../src/release/extract.ts";
import {
  describeTree,
  extractBytes,
  openYard,
  WIDE_LIMITS,
} from "../../support/extract_support.ts";
import {
  base256,
  bytes,
  concat,
  gnuLong,
  pax,
  tar,
  tarEntry,
} from "../../support/tar_bytes.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { zip } from "../../support/zip_bytes.ts";

const umask = Deno.umask();
const plain = (0o644 & ~umask).toString(8);
const folder = (0o755 & ~umask).toString(8);

/** Extracts a tar of `parts` and returns the lines of its tree without their digests. */
async function treeOf(name: string, archive: Uint8Array): Promise<string[]> {
  await using yard = await openYard();
  await extractBytes(yard, { name, bytes: archive });
  const lines = await describeTree(yard.target);
  return lines.map((line) => line.replace(/ links=.*$/, ""));
}

Deno.test("extractArchive() drops setuid, setgid and sticky", async () => {
  const archive = tar({ name: "s", mode: 0o6755 }, {
    name: "d/",
    type: "5",
    mode: 0o1777,
  });
  const open = (0o777 & ~umask).toString(8);
  assert.deepEqual(await treeOf("a.tar", archive), [
    `d folder ${open}`,
    `s file ${folder}`,
  ]);
});

Deno.test("extractArchive() leaves the mode of its folder alone", async () => {
  await using yard = await openYard();
  await Deno.chmod(yard.target, 0o750);
  const root = { name: "./", type: "5", mode: 0o700 };
  await extractBytes(yard, { name: "a.tar", bytes: tar(root, { name: "f" }) });
  assert.equal((await Deno.stat(yard.target)).mode ?? 0, 0o40750);
});

for (const [name, make] of [["a.tar", tar], ["a.zip", zip]] as const) {
  Deno.test(`extractArchive() lets a later file of ${name} replace an earlier one`, async () => {
    await using yard = await openYard();
    const archive = make(
      { name: "app", body: "old and long", mode: 0o100755 },
      { name: "other", body: "x", mode: 0o100644 },
      { name: "./app", body: "new", mode: 0o100644 },
      { name: "app", body: "newest", mode: 0o100600 },
    );
    const summary = await extractBytes(yard, { name, bytes: archive });
    const at = join(yard.target, "app");
    assert.equal(await Deno.readTextFile(at), "newest");
    assert.equal((await Deno.stat(at)).mode ?? 0, 0o100600);
    assert.deepEqual(summary, { entries: 2, bytes: 7 });
  });
}

Deno.test("extractArchive() leaves a hard link what it is when a later file takes its other name", async () => {
  await using yard = await openYard();
  const archive = tar(
    { name: "a", body: "old" },
    { name: "h", type: "1", target: "a" },
    { name: "a", body: "newer" },
    { name: "i", type: "1", target: "a" },
    { name: "h2", type: "1", target: "h" },
  );
  const summary = await extractBytes(yard, { name: "a.tar", bytes: archive });
  const read = (name: string) => Deno.readTextFile(join(yard.target, name));
  const texts = await Promise.all(["a", "h", "h2", "i"].map(read));
  assert.deepEqual(texts, ["newer", "old", "old", "newer"]);
  assert.deepEqual(summary, { entries: 4, bytes: 8 });
});

Deno.test("extractArchive() takes what tar -r appends", async () => {
  await using yard = await openYard();
  await using dir = await TempDir.create();
  const run = async (...args: string[]) => {
    const { success } = await new Deno.Command("tar", { args, cwd: dir.path })
      .output();
    assert.ok(success);
  };
  await Deno.writeTextFile(dir.join("app"), "old");
  await Deno.writeTextFile(dir.join("data"), "data");
  await run("-cf", "a.tar", "app", "data");
  await Deno.writeTextFile(dir.join("app"), "new one");
  await run("-rf", "a.tar", "app");
  const bytes = await Deno.readFile(dir.join("a.tar"));
  const summary = await extractBytes(yard, { name: "a.tar", bytes });
  assert.equal(await Deno.readTextFile(join(yard.target, "app")), "new one");
  assert.deepEqual(summary, { entries: 2, bytes: 11 });
});

Deno.test("extractArchive() gives a repeated folder its last mode", async () => {
  const archive = tar(
    { name: "d/f" },
    { name: "d", type: "5", mode: 0o755 },
    { name: "d/", type: "5", mode: 0o500 },
  );
  assert.deepEqual(await treeOf("a.tar", archive), [
    "d folder 500",
    `d/f file ${plain}`,
  ]);
});

Deno.test("extractArchive() reads every way to write a long name", async () => {
  const long = `${"d".repeat(120)}/${"e".repeat(130)}`;
  const archive = tar(
    pax({ path: `pax/${long}`, mtime: "1.5", comment: "" }),
    { name: "cut" },
    gnuLong("L", `gnu/${long}`),
    { name: "cut", magic: "ustar  \0" },
    { name: "f", prefix: "prefix" },
    pax({ comment: "a git commit" }, "g"),
    gnuLong("K", `gnu/${long}`),
    { name: "link", type: "2", target: "cut" },
    { name: "old/", type: "\0", magic: "" },
    { name: "old/f", type: "\0", magic: "" },
  );
  const lines = await treeOf("a.tar", archive);
  assert(lines.includes(`pax/${long} file ${plain}`));
  assert(lines.includes(`gnu/${long} file ${plain}`));
  assert(lines.includes(`prefix/f file ${plain}`));
  assert(lines.includes(`link -> gnu/${long}`));
  assert(lines.includes(`old/f file ${plain}`));
});

Deno.test("extractArchive() reads sizes in binary and in PAX headers", async () => {
  await using yard = await openYard();
  const archive = tar(
    { name: "binary", body: "12345", size: base256(5n) },
    pax({ size: "5" }),
    { name: "pax", body: "12345", size: 0 },
  );
  const summary = await extractBytes(yard, { name: "a.tar", bytes: archive });
  assert.deepEqual(summary, { entries: 2, bytes: 10 });
  assert.equal(await Deno.readTextFile(join(yard.target, "pax")), "12345");
});

Deno.test("extractArchive() makes hard links share their file", async () => {
  await using yard = await openYard();
  const link = { name: "deep/h", type: "1", target: "./a" };
  const archive = tar({ name: "a", body: "x" }, link);
  await extractBytes(yard, { name: "a.tar", bytes: archive });
  const one = await Deno.stat(join(yard.target, "a"));
  const other = await Deno.stat(join(yard.target, "deep/h"));
  assert.equal(one.ino, other.ino);
});

Deno.test("extractArchive() keeps links that stay inside", async () => {
  const archive = tar(
    { name: "bin", type: "2", target: "versions/current/bin" },
    { name: "versions/current", type: "2", target: "./1" },
    { name: "versions/1/bin/app", body: "x" },
    { name: "up/root", type: "2", target: ".." },
    { name: "self", type: "2", target: "up/root/up/../versions" },
  );
  const lines = await treeOf("a.tar", archive);
  assert.deepEqual(lines.filter((line) => line.includes("->")), [
    "bin -> versions/current/bin",
    "self -> up/root/up/../versions",
    "up/root -> ..",
    "versions/current -> ./1",
  ]);
});

Deno.test("extractArchive() gives zip entries of DOS plain modes", async () => {
  const archive = zip(
    { name: "d/", system: 0, method: 0 },
    { name: "d/f", body: "x", system: 0 },
    { name: "none", mode: 0 },
    { name: "run", mode: 0o104755 },
  );
  assert.deepEqual(await treeOf("a.ZIP", archive), [
    `d folder ${folder}`,
    `d/f file ${plain}`,
    `none file ${plain}`,
    `run file ${folder}`,
  ]);
});

Deno.test("extractArchive() restores large zip entries, stored and deflated", async () => {
  await using yard = await openYard();
  const body = new Uint8Array(3_000_000).map((_, index) => index * index);
  const archive = zip({ name: "deflated", body }, {
    name: "stored",
    body,
    method: 0,
  });
  await extractBytes(yard, { name: "a.zip", bytes: archive });
  for (const name of ["deflated", "stored"]) {
    assert.deepEqual(await Deno.readFile(join(yard.target, name)), body);
  }
});

Deno.test("extractArchive() reads concatenated gzip and zstd streams", async () => {
  const archive = tar({ name: "a", body: "x".repeat(3000) });
  const halves = [archive.subarray(0, 700), archive.subarray(700)];
  const skippable = Uint8Array.of(0x51, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2);
  const gzip = concat(...halves.map((half) => gzipSync(half)));
  const frames = halves.map((half) => zstdCompressSync(half));
  const zstd = concat(...frames.flatMap((frame) => [skippable, frame]));
  const expected = [`a file ${plain}`];
  assert.deepEqual(await treeOf("a.tgz", gzip), expected);
  assert.deepEqual(await treeOf("a.tzst", zstd), expected);
});

const PROGRAMS: Readonly<Record<string, Uint8Array>> = {
  ELF: bytes("\x7fELF\x02\x01\x01\0program"),
  "Mach-O": Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3),
  "fat Mach-O": Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, 1),
  script: bytes("#!/bin/sh\n"),
};

for (const [kind, program] of Object.entries(PROGRAMS)) {
  Deno.test(`extractArchive() installs a bare program: ${kind}`, async () => {
    await using yard = await openYard();
    await extractBytes(yard, { name: "app_1.2_linux", bytes: program });
    const path = join(yard.target, "app_1.2_linux");
    assert.deepEqual(await Deno.readFile(path), new Uint8Array(program));
    assert.equal((await Deno.stat(path)).mode ?? 0, 0o100755 & ~umask);
  });
}

Deno.test("extractArchive() names the formats when it knows none", async () => {
  await using yard = await openYard();
  const javaClass = Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 1);
  for (const content of [bytes("hello, world"), javaClass]) {
    await assert.rejects(
      extractBytes(yard, { name: "app.rar", bytes: content }),
      (error) =>
        error instanceof ArtifactError && error.code === "unsupported" &&
        /\.tar\.zst .*\.zip/.test(error.hint ?? ""),
    );
  }
});

Deno.test("extractArchive() refuses a program whose name climbs", async () => {
  await using yard = await openYard();
  const archive = { name: "../sentinel/app", bytes: bytes("#!/bin/sh\n") };
  await assert.rejects(extractBytes(yard, archive), { code: "refused" });
});

Deno.test("extractArchive() says that the archive is missing", async () => {
  await using yard = await openYard();
  const { signal } = new AbortController();
  const archive = { path: join(yard.root, "nothing"), name: "a.tar" };
  await assert.rejects(
    extractArchive(archive, yard.target, { limits: WIDE_LIMITS, signal }),
    FilesystemError,
  );
});

const BOMB_BYTES = 512 * 1024 * 1024;

/** Half a gigabyte of zeros in one file. */
function largeGzip(): Uint8Array {
  const head = gzipSync(tarEntry({ name: "big", size: BOMB_BYTES }));
  const member = gzipSync(new Uint8Array(BOMB_BYTES / 32));
  return concat(head, ...Array.from({ length: 32 }, () => member));
}

Deno.test("extractArchive() stops with the reason of its signal", async () => {
  await using yard = await openYard();
  const path = join(yard.root, "artifact");
  await Deno.writeFile(path, largeGzip());
  const stop = new AbortController();
  const reason = new Error("stop");
  const timer = setTimeout(() => stop.abort(reason), 30);
  const options = { limits: WIDE_LIMITS, signal: stop.signal };
  const extraction = extractArchive(
    { path, name: "a.tar.gz" },
    yard.target,
    options,
  );
  await assert.rejects(extraction, reason);
  clearTimeout(timer);
  const { size } = await Deno.stat(join(yard.target, "big"));
  assert(size < BOMB_BYTES);
});

Deno.test("extractArchive() lets timers run while it works", async () => {
  await using yard = await openYard();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const archive = concat(largeGzip(), gzipSync(new Uint8Array(1024)));
  await extractBytes(yard, { name: "a.tar.gz", bytes: archive });
  clearInterval(timer);
  assert(ticks >= 5, `${ticks} ticks`);
});
