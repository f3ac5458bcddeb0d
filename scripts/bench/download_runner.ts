/**
 * Downloads one artifact into a cache, as a process of its own for the
 * benchmark, and prints what that took as one line of JSON.
 *
 * @module
 */
import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { FileCache } from "../../src/cache/file.ts";
import { print } from "../print.ts";

const [warmUpUrl = "", url = "", folder = ""] = Deno.args;
const { signal } = new AbortController();
const cache = new FileCache(folder);
const store = openArtifactStore({ env: Deno.env.toObject() });

/** Returns a line of this process's status, kilobytes. */
async function statusKb(name: string): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
}

async function download(key: string, from: string): Promise<number> {
  const startedAt = performance.now();
  const body = await store.open(from, signal);
  await cache.write(key, body, { maxBytes: 2 ** 40, signal });
  return performance.now() - startedAt;
}

// Libraries, credentials and code are loaded with the first one.
await download("warm-up", warmUpUrl);
const beforeKb = await statusKb("VmRSS");
await Deno.writeTextFile("/proc/self/clear_refs", "5");
const ms = await download("artifact", url);
const peakKb = await statusKb("VmHWM");
print(`${JSON.stringify({ ms, beforeKb, peakKb })}\n`);
