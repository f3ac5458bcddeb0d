import assert from "node:assert/strict";
import {
  cutToWidth,
  printable,
  printableJson,
  textWidth,
  wrapToWidth,
} from "../../../../src/cli/operator/terminal_text.ts";

const HOSTILE: readonly (readonly [string, string])[] = [
  ["v1.2.3", "v1.2.3"],
  ["\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"],
  ["a\nb\r\tc", "a\\x0ab\\x0d\\x09c"],
  ["\u009b31m", "\\x9b31m"],
  ["\x7f\x00", "\\x7f\\x00"],
  ["v1\u202egpj.exe", "v1\\u202egpj.exe"],
  ["a\u200bb\ufeffc", "a\\u200bb\\ufeffc"],
  ["\u{e0041}", "\\ue0041"],
  ["\ud800", "\\ud800"],
  ["größe 版 🎉", "größe 版 🎉"],
];

for (const [text, expected] of HOSTILE) {
  Deno.test(`printable() shows ${expected}`, () => {
    assert.equal(printable(text), expected);
    assert.equal(printable(expected), expected);
  });
}

Deno.test("printableJson() leaves a value as it is and nothing that a terminal obeys", () => {
  const value = Object.fromEntries(HOSTILE);
  const text = printableJson(value);
  assert.deepEqual(JSON.parse(text), value);
  assert.equal(printable(text.replaceAll("\n", "")), text.replaceAll("\n", ""));
  assert.match(printableJson([1, { a: 2 }], { isOneLine: true }), /^[^\n]+\n$/);
});

const WIDTHS: readonly (readonly [string, number])[] = [
  ["", 0],
  ["v1.2.3", 6],
  ["größe", 5],
  ["gro\u0308ße", 5],
  ["版本", 4],
  ["🎉!", 3],
];

for (const [text, width] of WIDTHS) {
  Deno.test(`textWidth() counts ${width} columns for "${text}"`, () => {
    assert.equal(textWidth(text), width);
  });
}

Deno.test("cutToWidth() never takes more columns than there are", () => {
  assert.equal(cutToWidth("abcdef", 6), "abcdef");
  assert.equal(cutToWidth("abcdef", 5), "abcd…");
  assert.equal(cutToWidth("版本版本", 4), "版…");
  for (
    const text of ["版本 of 🎉🎉 and more", "plain", "e\u0301e\u0301e\u0301"]
  ) {
    for (let columns = 1; columns < 20; columns++) {
      assert.ok(textWidth(cutToWidth(text, columns)) <= columns);
    }
  }
});

Deno.test("wrapToWidth() breaks at blanks, and words that are longer than a line", () => {
  assert.deepEqual(wrapToWidth("one two three", 7), ["one two", "three"]);
  const words = wrapToWidth("a abcdefgh b", 4);
  assert.deepEqual(words, ["a", "abcd", "efgh", "b"]);
  assert.deepEqual(wrapToWidth("", 3), [""]);
  assert.deepEqual(wrapToWidth("版本版本", 4), ["版本", "版本"]);
  assert.deepEqual(wrapToWidth("no limit", Infinity), ["no limit"]);
});
