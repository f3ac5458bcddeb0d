import assert from "node:assert/strict";
import { formatDuration, parseDuration } from "../../../src/base/duration.ts";

const READ: readonly (readonly [string, number | undefined])[] = [
  ["0", 0],
  ["-0", 0],
  ["10", 10_000],
  ["-5", -5_000],
  ["+5", 5_000],
  ["10s", 10_000],
  ["0s", 0],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["1m0.5s", 60_500],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["1.1h", 3_960_000],
  ["4.35m", 261_000],
  ["2.3s", 2_300],
  ["-1.1h", -3_960_000],
  ["1.5ms", 1.5],
  ["1ns", 1e-6],
  ["100000.7h", 360_002_520_000],
  ["250us", 0.25],
  ["250µs", 0.25],
  ["-1m30s", -90_000],
  ["", undefined],
  [" 10s", undefined],
  ["10 s", undefined],
  ["1.5", undefined],
  ["10x", undefined],
  ["10sec", undefined],
  ["1d", undefined],
  ["s", undefined],
  [".s", undefined],
  ["1m30", undefined],
  ["1e3s", undefined],
  ["0x10", undefined],
  ["--5s", undefined],
  ["Infinity", undefined],
  ["9".repeat(400), undefined],
];

for (const [text, expected] of READ) {
  Deno.test(`parseDuration() reads "${text.slice(0, 20)}" as ${expected}`, () => {
    assert.equal(parseDuration(text), expected);
  });
}

const WRITTEN: readonly (readonly [number, string])[] = [
  [0, "0s"],
  [0.0000001, "0s"],
  [0.0005, "500ns"],
  [0.25, "250µs"],
  [1.5, "1.5ms"],
  [500, "500ms"],
  [999.999, "999.999ms"],
  [1_000, "1s"],
  [45_200, "45.2s"],
  [60_000, "1m0s"],
  [90_500, "1m30.5s"],
  [1_800_000, "30m0s"],
  [3_600_000, "1h0m0s"],
  [5_400_000, "1h30m0s"],
  [90_000_000, "25h0m0s"],
  [-1_500, "-1.5s"],
];

for (const [ms, expected] of WRITTEN) {
  Deno.test(`formatDuration() writes ${ms} ms as ${expected}`, () => {
    assert.equal(formatDuration(ms), expected);
  });
}

Deno.test("parseDuration() reads back what formatDuration() writes", () => {
  for (const ms of [0, 1, 12.5, 999, 1_000, 59_999, 61_001, 86_399_999]) {
    assert.equal(parseDuration(formatDuration(ms)), ms);
  }
});
