import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { ConfigError } from "../../../src/base/errors.ts";
import { openCache } from "../../../src/cache/open_cache.ts";

const OPTIONS = { env: {}, maxArtifactBytes: 1_000, emit: () => {} };

Deno.test("openCache() creates nothing until something is written", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    const folders: readonly [string | undefined, string | undefined, string][] =
      [
        [undefined, undefined, ".dewy/cache"],
        ["", "", ".dewy/cache"],
        [undefined, "mine", "mine"],
        [undefined, join(cwd, "abs"), "abs"],
        [`file://${cwd}/u%20rl/?registry-ttl=2m`, "mine", "u rl"],
      ];
    for (const [url, cacheDir, folder] of folders) {
      const before = (await Array.fromAsync(Deno.readDir(cwd))).length;
      const { cache } = await openCache(url, { ...OPTIONS, cwd, cacheDir });
      equal(await cache.readCurrent(), undefined);
      const after = (await Array.fromAsync(Deno.readDir(cwd))).length;
      equal(after, before);
      await cache.removeLeftovers();
      ok((await Deno.stat(join(cwd, folder))).isDirectory);
      await Deno.remove(join(cwd, folder), { recursive: true });
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("openCache() says what is shared, and for how long answers are", async () => {
  const open = (url: string) => openCache(url, { ...OPTIONS, cwd: "/nowhere" });
  const alone = await open("file:///x?registry-ttl=2m");
  deepEqual([alone.registryTtlMs, alone.shared], [120_000, undefined]);
  const places = [
    [
      "s3://r1/b/pre/fix/?registry-ttl=90s&other=1",
      "s3://b",
      "pre/fix/",
      90_000,
    ],
    ["s3://r1/b", "s3://b", "", 0],
    ["gs://b/p", "gs://b", "p/", 0],
  ] as const;
  for (const [url, name, prefix, ttl] of places) {
    const { shared, registryTtlMs } = await open(url);
    const found = [shared?.store.shownName, shared?.prefix, registryTtlMs];
    deepEqual(found, [name, prefix, ttl], url);
  }
});

Deno.test("openCache() takes an answer's age in whole milliseconds", async () => {
  const ages = [
    ["1.1h", 3_960_000],
    ["4.35m", 261_000],
    ["1.5ms", 2],
    ["1us", 1],
    ["0s", 0],
  ] as const;
  for (const [text, ms] of ages) {
    const url = `s3://r1/b?registry-ttl=${text}`;
    const { registryTtlMs } = await openCache(url, { ...OPTIONS, cwd: "/" });
    equal(registryTtlMs, ms, text);
  }
});

Deno.test("openCache() refuses what it cannot open", async () => {
  const open = (url: string) => openCache(url, { ...OPTIONS, cwd: "/" });
  await rejects(open("redis://h"), {
    name: "ConfigError",
    message: 'Cannot open cache "redis://h": scheme "redis" is unknown',
    hint: "Use one of file://, gs://, s3://",
  });
  const urls = [
    "s3://r1",
    "file://rel/x",
    "file:///x?registry-ttl=soon",
    "s3://r1/b?registry-ttl=-1s",
    "s3://r1/b?registry-ttl=99999999999h",
    "/srv/cache",
  ];
  for (const url of urls) await rejects(open(url), ConfigError, url);
  const { cache } = await open("file:///dev/null/x");
  await rejects(cache.removeLeftovers(), { name: "FilesystemError" });
});
