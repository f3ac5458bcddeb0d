import { equal, ok, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { ConfigError } from "../../../src/base/errors.ts";
import { openCache } from "../../../src/cache/open_cache.ts";

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
      const cache = openCache(url, { cwd, cacheDir });
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

Deno.test("openCache() refuses what it cannot open", async () => {
  const open = (url: string) => openCache(url, { cwd: "/" });
  throws(() => open("s3://r/b"), {
    name: "ConfigError",
    message:
      'Cannot open cache "s3://r/b": S3 buckets are not available in this version',
    hint: "Use one of file://",
  });
  const urls = [
    "redis://h",
    "file://rel/x",
    "file:///x?registry-ttl=soon",
    "file:///x?registry-ttl=-1s",
    "/srv/cache",
  ];
  for (const url of urls) throws(() => open(url), ConfigError, url);
  await rejects(open("file:///dev/null/x").removeLeftovers(), {
    name: "FilesystemError",
  });
});
