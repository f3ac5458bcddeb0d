import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  ArtifactError,
  FilesystemError,
  SourceError,
} from "../../../src/base/errors.ts";
import { FileCache } from "../../../src/cache/file.ts";

const NEVER = new AbortController().signal;
const OPTIONS = { maxBytes: 1_000_000, signal: NEVER };

async function withCache(
  body: (cache: FileCache, folder: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const folder = join(root, "a", "cache");
    await body(new FileCache(folder), folder);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function bodyOf(text: string, length?: number) {
  const stream = new Blob([text]).stream();
  return length === undefined ? { stream } : { stream, length };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

Deno.test("write() stores and read() finds an artifact", async () => {
  await withCache(async (cache, folder) => {
    const key = "v1.2.3--アプリ #1.zip";
    equal(await cache.read(key, NEVER), undefined);
    const text = "x".repeat(200_000);
    const stored = await cache.write(key, bodyOf(text, 200_000), OPTIONS);
    const path = join(folder, key);
    const entry = { key, path, bytes: 200_000, sha256: sha256(text) };
    deepEqual(stored, entry);
    deepEqual(await cache.read(key, NEVER), entry);
    equal(await Deno.readTextFile(path), text);
    const mode = ((await Deno.stat(path)).mode ?? 0) & 0o777;
    equal(mode, 0o644 & ~Deno.umask());
    deepEqual(await namesIn(folder), [key]);
  });
});

Deno.test("write() replaces an artifact, and read() sees bytes that have changed", async () => {
  await withCache(async (cache, folder) => {
    await cache.write("v1--a", bodyOf("old"), OPTIONS);
    await cache.write("v1--a", bodyOf("new"), OPTIONS);
    equal((await cache.read("v1--a", NEVER))?.sha256, sha256("new"));
    await Deno.writeTextFile(join(folder, "v1--a"), "bad");
    equal((await cache.read("v1--a", NEVER))?.sha256, sha256("bad"));
  });
});

Deno.test("write() keeps the old artifact and no part of one that fails", async () => {
  const broken = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(10));
      controller.error(new TypeError("connection reset"));
    },
  });
  await withCache(async (cache, folder) => {
    await cache.write("v1--a", bodyOf("good"), OPTIONS);
    await rejects(cache.write("v1--a", bodyOf("12345", 6), OPTIONS), {
      code: "length",
    });
    await rejects(cache.write("v1--a", bodyOf("12345", 4), OPTIONS), {
      code: "length",
    });
    const small = { ...OPTIONS, maxBytes: 4 };
    await rejects(cache.write("v1--a", bodyOf("12345"), small), {
      code: "too-large",
    });
    await rejects(
      cache.write("v1--a", { stream: broken }, OPTIONS),
      (error) =>
        error instanceof SourceError && error.code === "unavailable" &&
        error.cause instanceof TypeError,
    );
    deepEqual(await namesIn(folder), ["v1--a"]);
    equal((await cache.read("v1--a", NEVER))?.sha256, sha256("good"));
  });
});

Deno.test("write() refuses an announced length over the limit without reading", async () => {
  let isCancelled = false;
  const stream = new ReadableStream({
    cancel() {
      isCancelled = true;
    },
  });
  await withCache(async (cache) => {
    await rejects(
      cache.write("v1--a", { stream, length: 10_000_000 }, OPTIONS),
      (error) => error instanceof ArtifactError && error.code === "too-large",
    );
    ok(isCancelled);
  });
});

Deno.test("write() ends at an abort although the source hangs", async () => {
  await withCache(async (cache, folder) => {
    const controller = new AbortController();
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const stream = new ReadableStream({
      pull(source) {
        source.enqueue(new Uint8Array(10));
        resolve();
        return new Promise(() => {});
      },
      cancel: () => new Promise(() => {}),
    });
    const { signal } = controller;
    const writing = cache.write("v1--a", { stream }, { ...OPTIONS, signal });
    await begun;
    controller.abort(new Error("stopped"));
    await rejects(writing, /stopped/);
    deepEqual(await namesIn(folder), []);
  });
});

Deno.test("write() passes on what the source says is wrong", async () => {
  const problem = new SourceError("timeout", "Too slow");
  const stream = new ReadableStream({
    pull(controller) {
      controller.error(problem);
    },
  });
  await withCache(async (cache) => {
    await rejects(
      cache.write("v1--a", { stream }, OPTIONS),
      (error) => error === problem,
    );
  });
});

Deno.test("write() says when the disk cannot take it", async () => {
  await withCache(async (cache, folder) => {
    await Deno.mkdir(join(folder, "v1--a"), { recursive: true });
    await Deno.writeTextFile(join(folder, "v1--a", "x"), "");
    await rejects(cache.write("v1--a", bodyOf("x"), OPTIONS), FilesystemError);
    deepEqual(await namesIn(folder), ["v1--a"]);
    await rejects(cache.read("v1--a", NEVER), FilesystemError);
    let isCancelled = false;
    const stream = new ReadableStream({
      cancel() {
        isCancelled = true;
      },
    });
    await Deno.writeTextFile(join(folder, "file"), "");
    const broken = new FileCache(join(folder, "file", "cache"));
    await rejects(broken.write("v1--a", { stream }, OPTIONS), FilesystemError);
    ok(isCancelled);
  });
});

Deno.test("write() does not write through a link left in its way", async () => {
  await withCache(async (cache, folder) => {
    await Deno.mkdir(folder, { recursive: true });
    const victim = join(folder, "victim");
    await Deno.writeTextFile(victim, "precious");
    await Deno.symlink(victim, join(folder, "v1--a"));
    await Deno.symlink(victim, join(folder, "v1--a.partial"));
    await cache.write("v1--a", bodyOf("x"), OPTIONS);
    equal(await Deno.readTextFile(victim), "precious");
    equal(await Deno.readTextFile(join(folder, "v1--a")), "x");
    await cache.removeLeftovers();
    deepEqual(await namesIn(folder), ["v1--a", "victim"]);
  });
});

Deno.test("two caches of one folder write the same key at once, each its own bytes", async () => {
  await withCache(async (first, folder) => {
    const second = new FileCache(folder);
    const slow = new TransformStream<Uint8Array<ArrayBuffer>>();
    const writer = slow.writable.getWriter();
    const writing = first.write("v1--a", { stream: slow.readable }, OPTIONS);
    await writer.write(new TextEncoder().encode("first "));
    await second.removeLeftovers();
    const quick = await second.write("v1--a", bodyOf("second"), OPTIONS);
    equal(quick.sha256, sha256("second"));
    deepEqual(await second.read("v1--a", NEVER), quick);
    await writer.write(new TextEncoder().encode("half"));
    await second.removeLeftovers();
    await writer.close();
    const stored = await writing;
    equal(stored.sha256, sha256("first half"));
    deepEqual(await first.read("v1--a", NEVER), stored);
    deepEqual(await namesIn(folder), ["v1--a"]);
  });
});

Deno.test("many writers of one key all succeed while others tidy up", async () => {
  await withCache(async (cache, folder) => {
    const writes = Array.from({ length: 40 }, async (_, index) => {
      const other = new FileCache(folder);
      await other.removeLeftovers();
      const stored = await cache.write("v1--a", bodyOf(`${index}`), OPTIONS);
      equal(stored.sha256, sha256(`${index}`));
      await other.removeLeftovers();
    });
    await Promise.all(writes);
    deepEqual(await namesIn(folder), ["v1--a"]);
  });
});

Deno.test("a key cannot leave the folder or be too long", async () => {
  await withCache(async (cache) => {
    const traversal = ["..", ".", "../v1--a", "a/b--c", "a\\b--c", "a\0--b"];
    for (const key of traversal) {
      await rejects(cache.read(key, NEVER), /path traversal detected/);
      await rejects(
        cache.write(key, bodyOf("x"), OPTIONS),
        /path traversal detected/,
      );
      await rejects(cache.remove(key), /path traversal detected/);
      await rejects(cache.writeCurrent(key), /path traversal detected/);
    }
    const long = `v1--${"é".repeat(122)}`;
    await rejects(cache.read(long, NEVER), /it is 1 bytes too long/);
    await cache.write(long.slice(0, -1), bodyOf("x"), OPTIONS);
    equal((await cache.read(long.slice(0, -1), NEVER))?.bytes, 1);
    for (const key of ["", "current"]) {
      await rejects(cache.read(key, NEVER), FilesystemError);
    }
  });
});

Deno.test("remove() removes an artifact, once or twice", async () => {
  await withCache(async (cache) => {
    await cache.write("v1--a", bodyOf("x"), OPTIONS);
    await cache.remove("v1--a");
    equal(await cache.read("v1--a", NEVER), undefined);
    await cache.remove("v1--a");
  });
});

Deno.test("writeCurrent() records the deployed key", async () => {
  await withCache(async (cache, folder) => {
    equal(await cache.readCurrent(), undefined);
    await cache.writeCurrent("v1--a");
    await cache.writeCurrent("v2--a");
    equal(await cache.readCurrent(), "v2--a");
    equal(await Deno.readTextFile(join(folder, "current")), "v2--a");
    deepEqual(await namesIn(folder), ["current"]);
  });
});

Deno.test("readCurrent() takes a damaged file for none", async () => {
  await withCache(async (cache, folder) => {
    await cache.writeCurrent("v1--a");
    for (const text of ["", "\0\0\0\0", "../x"]) {
      await Deno.writeTextFile(join(folder, "current"), text);
      equal(await cache.readCurrent(), undefined, JSON.stringify(text));
    }
    await Deno.writeTextFile(join(folder, "current"), "v1--a\n");
    equal(await cache.readCurrent(), "v1--a");
  });
});

Deno.test("removeLeftovers() removes what an interrupted write left", async () => {
  await withCache(async (cache, folder) => {
    await cache.removeLeftovers();
    deepEqual(await namesIn(folder), []);
    await cache.write("v1--a", bodyOf("x"), OPTIONS);
    for (const name of ["v2--a.partial", ".current-1", ".current.partial"]) {
      await Deno.writeTextFile(join(folder, name), "half");
    }
    await Deno.mkdir(join(folder, "sub.partial"));
    await cache.removeLeftovers();
    deepEqual(await namesIn(folder), ["sub.partial", "v1--a"]);
  });
});

Deno.test("evict() removes the oldest and spares what is in use or foreign", async () => {
  await withCache(async (cache, folder) => {
    deepEqual(await cache.evict({ keep: 0, inUse: new Set() }), []);
    for (const [age, key] of ["v3--a", "v1--a", "v2--a", "v4--a"].entries()) {
      await cache.write(key, bodyOf("x"), OPTIONS);
      await Deno.utime(join(folder, key), 1000 + age, 1000 + age);
    }
    await cache.writeCurrent("v4--a");
    await Deno.writeTextFile(join(folder, "notes"), "");
    await Deno.writeTextFile(join(folder, "v9--a.partial"), "");
    await Deno.mkdir(join(folder, "sub--folder"));
    const inUse = new Set(["v3--a", "v4--a"]);
    deepEqual(await cache.evict({ keep: 3, inUse }), ["v1--a"]);
    deepEqual(await cache.evict({ keep: 0, inUse }), ["v2--a"]);
    deepEqual(await cache.evict({ keep: 0, inUse }), []);
    deepEqual(await namesIn(folder), [
      "current",
      "notes",
      "sub--folder",
      "v3--a",
      "v4--a",
      "v9--a.partial",
    ]);
  });
});

Deno.test("read() ends at an abort", async () => {
  await withCache(async (cache) => {
    await cache.write("v1--a", bodyOf("x"), OPTIONS);
    const signal = AbortSignal.abort(new Error("stopped"));
    await rejects(cache.read("v1--a", signal), /stopped/);
    const writing = cache.write("v2--a", bodyOf("x"), { ...OPTIONS, signal });
    await rejects(writing, /stopped/);
  });
});
