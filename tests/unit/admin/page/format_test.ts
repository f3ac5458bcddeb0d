import assert from "node:assert/strict";
// @ts-types="../../../support/page_modules.d.ts"
import {
  formatAge,
  formatCount,
  formatDuration,
  formatRate,
  RateMeter,
} from "../../../../src/admin/page/format.js";

const DURATIONS: readonly (readonly [number, string])[] = [
  [0, "0 ms"],
  [999, "999 ms"],
  [1_000, "1.0 s"],
  [9_949, "9.9 s"],
  [9_950, "10 s"],
  [59_499, "59 s"],
  [59_500, "1 min"],
  [245_000, "4 min 5 s"],
  [3_599_600, "1 h"],
  [7_380_000, "2 h 3 min"],
  [86_400_000, "1 d"],
  [273_600_000, "3 d 4 h"],
];
for (const [ms, text] of DURATIONS) {
  Deno.test(`${ms} ms are ${text}`, () => {
    assert.equal(formatDuration(ms), text);
  });
}

Deno.test("an age is coarse, before and after", () => {
  assert.equal(formatAge(1_000, 1_500), "just now");
  assert.equal(formatAge(1_500, 1_000), "now");
  assert.equal(formatAge(0, 5_400), "5 s ago");
  assert.equal(formatAge(300_000, 0), "in 5 min");
});

Deno.test("what is not counted is a dash", () => {
  assert.equal(formatCount(null), "–");
  assert.equal(formatCount(1_234_567), "1,234,567");
  assert.equal(formatRate(undefined), "–");
  assert.deepEqual([0, 0.44, 12.6].map(formatRate), ["0", "0.4", "13"]);
});

Deno.test("a rate is that of the last ten seconds, and begins anew with the counter", () => {
  const meter = new RateMeter();
  assert.equal(meter.read(100, 0), undefined);
  assert.equal(meter.read(120, 2_000), 10);
  assert.equal(meter.read(1_120, 12_000), 100);
  assert.equal(meter.read(5, 14_000), undefined);
  assert.equal(meter.read(25, 16_000), 10);
});
