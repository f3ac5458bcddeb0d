import assert from "node:assert/strict";
import { tagsOfOldImages } from "../../../src/supervisor/old_images.ts";
import type { HistoryEntry } from "../../../src/supervisor/state.ts";

/** `v1` came into service, `!v1` failed, `<v1` was gone back to. */
function history(...words: readonly string[]): HistoryEntry[] {
  return words.map((word, at) => {
    const tag = word.replace(/^[!<]/, "");
    const outcome = word.startsWith("!")
      ? "failed"
      : word.startsWith("<")
      ? "rolled-back"
      : "deployed";
    return { at, tag, key: tag, outcome, reason: "", durationMs: 1 };
  });
}

Deno.test("the newest versions that came into service keep their images", () => {
  const old = tagsOfOldImages(history("v1", "v2", "v3", "v4"), 2);
  assert.deepEqual(old, ["v2", "v1"]);
  assert.deepEqual(tagsOfOldImages(history("v1", "v2"), 2), []);
});

Deno.test("a version that came into service again is as new as that", () => {
  const old = tagsOfOldImages(history("v1", "v2", "v3", "<v1"), 2);
  assert.deepEqual(old, ["v2"]);
});

Deno.test("a version that failed loses its image when another one succeeds", () => {
  assert.deepEqual(tagsOfOldImages(history("v1", "!v2"), 2), []);
  assert.deepEqual(tagsOfOldImages(history("v1", "!v2", "v3"), 2), ["v2"]);
  const again = history("v1", "!v2", "v2", "!v3", "v4");
  assert.deepEqual(tagsOfOldImages(again, 2), ["v3", "v1"]);
});

Deno.test("nothing is old before anything came into service", () => {
  assert.deepEqual(tagsOfOldImages(history("!v1", "!v2"), 2), []);
});
