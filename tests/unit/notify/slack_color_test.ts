import assert from "node:assert/strict";
import {
  awayFromRed,
  hostColor,
  toHex,
} from "../../../src/notify/slack_color.ts";

const HOSTS = [
  ["web1", "#E694AA"],
  ["localhost", "#421AA9"],
  ["dewy", "#F37C50"],
] as const;

for (const [host, color] of HOSTS) {
  Deno.test(`hostColor() gives "${host}" the colour it has with the original`, () => {
    assert.equal(hostColor(host), color);
  });
}

Deno.test("awayFromRed() turns what looks like an alarm, and nothing else", () => {
  assert.equal(toHex(awayFromRed([0xe3, 0x0e, 0x1b])), "#E37D0E");
  assert.equal(toHex(awayFromRed([0xcc, 0x33, 0x33])), "#CC8C33");
  assert.equal(toHex(awayFromRed([0xcb, 0x33, 0x33])), "#CB3333");
  assert.equal(toHex(awayFromRed([0xff, 0x34, 0x00])), "#FF3400");
});
