import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { SourceError } from "../../../src/base/errors.ts";
import type { DeployEvent } from "../../../src/base/event.ts";
import { FileCache } from "../../../src/cache/file.ts";
import { SharedCache } from "../../../src/cache/shared.ts";
import { MemoryObjectStore } from "../../support/memory_object_store.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
const KEY = "v1.0.0+blue--アプリ_linux_amd64.tar.gz";
const OPTIONS = { maxBytes: 1_000, signal: NEVER };

class Host implements AsyncDisposable {
  readonly events: DeployEvent[] = [];
  readonly cache: SharedCache;
  private constructor(
    readonly temp: TempDir,
    store: MemoryObjectStore,
    transferTimeoutMs: number,
  ) {
    this.cache = new SharedCache({
      store,
      transferTimeoutMs,
      prefix: "team/app/",
      local: new FileCache(temp.join("cache")),
      maxArtifactBytes: 1_000,
      emit: (event) => this.events.push(event),
    });
  }
  static async create(store: MemoryObjectStore, timeoutMs = 5_000) {
    return new Host(await TempDir.create(), store, timeoutMs);
  }
  async deploy(text: string) {
    const stream = new Blob([text]).stream();
    const entry = await this.cache.write(KEY, { stream }, OPTIONS);
    await this.cache.share(entry, NEVER);
    return entry;
  }
  [Symbol.asyncDispose]() {
    return this.temp[Symbol.asyncDispose]();
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

Deno.test("what one host shares another one reads, and has from then on", async () => {
  const store = new MemoryObjectStore();
  await using one = await Host.create(store);
  await using two = await Host.create(store);
  equal(await one.cache.read(KEY, NEVER), undefined);
  await one.deploy("bytes");
  deepEqual([...store.objects.keys()], [`team/app/${KEY}`]);
  deepEqual(one.events, [{
    type: "object-written",
    bucket: "s3://memory",
    key: `team/app/${KEY}`,
  }]);
  const read = await two.cache.read(KEY, NEVER);
  equal(read?.sha256, sha256("bytes"));
  equal(await Deno.readTextFile(read?.path ?? ""), "bytes");
  store.objects.clear();
  equal((await two.cache.read(KEY, NEVER))?.sha256, sha256("bytes"));
  deepEqual(two.events, []);
});

Deno.test("share() does not write again what is there, and replaces what is wrong", async () => {
  const store = new MemoryObjectStore();
  await using one = await Host.create(store);
  await using two = await Host.create(store);
  await one.deploy("right");
  await two.deploy("right");
  equal(store.calls.filter((call) => call.startsWith("writeFile")).length, 1);
  store.put(`team/app/${KEY}`, "WRONG");
  await using three = await Host.create(store);
  equal((await three.cache.read(KEY, NEVER))?.sha256, sha256("WRONG"));
  await three.deploy("right");
  equal(store.text(`team/app/${KEY}`), "right");
});

Deno.test("a bucket that fails or hangs is told, and costs nothing else", async () => {
  const store = new MemoryObjectStore();
  await using host = await Host.create(store);
  store.failure = new SourceError("denied", "Access denied");
  equal(await host.cache.read(KEY, NEVER), undefined);
  const entry = await host.deploy("bytes");
  equal(entry.sha256, sha256("bytes"));
  deepEqual(
    host.events.map((event) =>
      event.type === "shared-cache-failed" && event.operation
    ),
    ["read", "write"],
  );
  store.failure = undefined;
  await using hasty = await Host.create(store, 50);
  store.open = (_key, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  equal(await hasty.cache.read(KEY, NEVER), undefined);
  const [told] = hasty.events;
  ok(told?.type === "shared-cache-failed");
  ok(told.error.message.includes("not done in 0.05 s"), told.error.message);
});

Deno.test("an object that is too large or breaks off is not taken", async () => {
  const store = new MemoryObjectStore();
  await using host = await Host.create(store);
  store.put(`team/app/${KEY}`, "x".repeat(1_001));
  equal(await host.cache.read(KEY, NEVER), undefined);
  store.open = () =>
    Promise.resolve({ stream: new Blob(["short"]).stream(), length: 6 });
  equal(await host.cache.read(KEY, NEVER), undefined);
  equal(host.events.length, 2);
  const files = await Array.fromAsync(Deno.readDir(host.temp.join("cache")));
  deepEqual(files, []);
});

Deno.test("an abort ends a transfer with its reason, and is no failure of the bucket", async () => {
  const store = new MemoryObjectStore();
  await using host = await Host.create(store);
  const reason = new Error("stopped");
  const controller = new AbortController();
  store.open = (_key, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      controller.abort(reason);
    });
  const reading = host.cache.read(KEY, controller.signal);
  await rejects(reading, (error) => error === reason);
  deepEqual(host.events, []);
});

Deno.test("what is deployed, removed and evicted is this host's own affair", async () => {
  const store = new MemoryObjectStore();
  await using one = await Host.create(store);
  await using two = await Host.create(store);
  await one.deploy("bytes");
  await one.cache.writeCurrent(KEY);
  equal(await one.cache.readCurrent(), KEY);
  equal(await two.cache.readCurrent(), undefined);
  deepEqual(await one.cache.evict({ keep: 0, inUse: new Set() }), [KEY]);
  await two.cache.remove(KEY);
  deepEqual([...store.objects.keys()], [`team/app/${KEY}`]);
});

Deno.test("a full or broken disk is not taken for a failing bucket", async () => {
  const store = new MemoryObjectStore();
  await using host = await Host.create(store);
  store.put(`team/app/${KEY}`, "bytes");
  await Deno.writeTextFile(host.temp.join("cache"), "a file in the way");
  await rejects(host.cache.read(KEY, NEVER), { name: "FilesystemError" });
  await rejects(host.cache.read("../x", NEVER), /path traversal/);
});
