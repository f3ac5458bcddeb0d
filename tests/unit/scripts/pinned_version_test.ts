import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Where people and machines are told which Deno to use. */
const PLACES = ["README.md", "docs", ".ci/run", ".github"];
/** `deno@2.9.6`, and `deno-version: v2.9.6` of a workflow. */
const PINNED = /\bdeno(?:@|-version:\s*["']?)v?(\w[\w.-]*\w)/g;

Deno.test("every pinned Deno is the one of .dvmrc", async () => {
  const version = (await Deno.readTextFile(join(ROOT, ".dvmrc"))).trim();
  assert.match(version, /^\d+\.\d+\.\d+$/);
  const pinned: string[] = [];
  for (const place of PLACES) {
    for await (const path of filesOf(join(ROOT, place))) {
      for (
        const [, found] of (await Deno.readTextFile(path)).matchAll(PINNED)
      ) {
        pinned.push(`${path.slice(ROOT.length)}: ${found}`);
      }
    }
  }
  assert.ok(pinned.length > 0, "No place names a version");
  const others = pinned.filter((text) => !text.endsWith(`: ${version}`));
  assert.deepEqual(others, []);
});

async function* filesOf(path: string): AsyncGenerator<string> {
  if ((await Deno.stat(path)).isFile) {
    yield path;
    return;
  }
  for await (const { name } of Deno.readDir(path)) {
    yield* filesOf(join(path, name));
  }
}
