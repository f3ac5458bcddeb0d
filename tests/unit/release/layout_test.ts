import assert from "node:assert/strict";
import {
  isReleaseId,
  nextReleaseId,
  releaseId,
  removableReleases,
} from "../../../src/release/layout.ts";

const NOON = Date.parse("2026-01-15T12:00:00.999Z");

Deno.test("releaseId() is the UTC time to the second", () => {
  assert.equal(releaseId(NOON), "20260115T120000Z");
  assert.ok(isReleaseId(releaseId(NOON)));
});

for (
  const name of [
    "",
    ".staging-1",
    "20260115T120000",
    "current",
    "x20260115T120000Z",
  ]
) {
  Deno.test(`isReleaseId() refuses "${name}"`, () => {
    assert.ok(!isReleaseId(name));
  });
}

Deno.test("nextReleaseId() is the time when nothing stands in the way", () => {
  assert.equal(nextReleaseId(NOON, []), "20260115T120000Z");
  assert.equal(
    nextReleaseId(NOON, ["20260115T115900Z", ".staging-x"]),
    "20260115T120000Z",
  );
});

Deno.test("nextReleaseId() names releases of one second one after the other", () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push(nextReleaseId(NOON, ids));
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, 5);
});

Deno.test("nextReleaseId() stays above all others when the clock is set back a year", () => {
  const yearAgo = Date.parse("2025-01-15T12:00:00Z");
  assert.equal(
    nextReleaseId(yearAgo, ["20260115T120000Z", "20260115T115900Z"]),
    "20260115T120001Z",
  );
});

Deno.test("nextReleaseId() carries over minutes, days and years", () => {
  assert.equal(nextReleaseId(0, ["20251231T235959Z"]), "20260101T000000Z");
});

Deno.test("nextReleaseId() is not led astray by a name that is no time", () => {
  assert.equal(nextReleaseId(NOON, ["20261399T996199Z"]), "20260115T120000Z");
});

Deno.test("removableReleases() lists what lies beyond the newest, oldest first", () => {
  const ids = [3, 1, 5, 2, 4].map((n) => releaseId(NOON + n * 1000));
  assert.deepEqual(removableReleases(ids, 2, new Set()), [
    releaseId(NOON + 1000),
    releaseId(NOON + 2000),
    releaseId(NOON + 3000),
  ]);
});

Deno.test("removableReleases() never lists one in use, nor what is no release", () => {
  const ids = [1, 2, 3].map((n) => releaseId(NOON + n * 1000));
  const inUse = new Set([releaseId(NOON + 1000)]);
  assert.deepEqual(
    removableReleases([...ids, "notes", ".staging-x"], 1, inUse),
    [releaseId(NOON + 2000)],
  );
});

Deno.test("removableReleases() lists nothing when there are few", () => {
  assert.deepEqual(removableReleases([releaseId(NOON)], 7, new Set()), []);
});
