import assert from "node:assert/strict";
import { nearestWord } from "../../../src/base/nearest.ts";

const WORDS = ["server", "assets", "container", "completions"];
const CASES: readonly (readonly [string, string | undefined])[] = [
  ["server", "server"],
  ["servr", "server"],
  ["asset", "assets"],
  ["contianer", "container"],
  ["comp", "completions"],
  ["co", undefined],
  ["s", undefined],
  ["", undefined],
  ["bananas", undefined],
];

for (const [word, expected] of CASES) {
  Deno.test(`nearestWord() finds ${expected} for "${word}"`, () => {
    assert.equal(nearestWord(word, WORDS), expected);
  });
}
