import assert from "node:assert/strict";
import { oldImages } from "../../../src/supervisor/old_images.ts";
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

const oldTags = (entries: readonly HistoryEntry[], keep: number) =>
  oldImages(entries, keep).tags;

Deno.test("the newest versions that came into service keep their images", () => {
  const old = oldTags(history("v1", "v2", "v3", "v4"), 2);
  assert.deepEqual(old, ["v2", "v1"]);
  assert.deepEqual(oldTags(history("v1", "v2"), 2), []);
});

Deno.test("a version that came into service again is as new as that", () => {
  const old = oldTags(history("v1", "v2", "v3", "<v1"), 2);
  assert.deepEqual(old, ["v2"]);
});

Deno.test("a version that failed loses its image when another one succeeds", () => {
  assert.deepEqual(oldTags(history("v1", "!v2"), 2), []);
  assert.deepEqual(oldTags(history("v1", "!v2", "v3"), 2), ["v2"]);
  const again = history("v1", "!v2", "v2", "!v3", "v4");
  assert.deepEqual(oldTags(again, 2), ["v3", "v1"]);
});

Deno.test("nothing is old before anything came into service", () => {
  assert.deepEqual(oldTags(history("!v1", "!v2"), 2), []);
});

/** The same, each with the digest of its place: `sha256:0`, `sha256:1`, unless another one is given. */
function withDigests(
  entries: readonly HistoryEntry[],
  digests: readonly number[] = entries.map(({ at }) => at),
): HistoryEntry[] {
  return entries.map((entry, at) => ({
    ...entry,
    fingerprint: `sha256:${digests[at]}`,
  }));
}

Deno.test("an image whose tag another one got is old, unless it is tried again", () => {
  const entries = history("v1", "v1", "!v2", "!v2", "v3", "!v4");
  const { digests } = oldImages(withDigests(entries), 7);
  assert.deepEqual(digests, ["sha256:3", "sha256:2", "sha256:0"]);
  assert.deepEqual(oldImages(entries, 7).digests, []);
});

Deno.test("an image that is in service under another tag is not old", () => {
  const entries = withDigests(history("v1", "v1", "v2"), [0, 1, 0]);
  assert.deepEqual(oldImages(entries, 7).digests, []);
});
