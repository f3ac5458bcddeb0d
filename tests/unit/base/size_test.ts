import assert from "node:assert/strict";
import { formatSize, parseSize } from "../../../src/base/size.ts";

const READ: readonly (readonly [string, number | undefined])[] = [
  ["0", 0],
  ["1048576", 1_048_576],
  ["700B", 700],
  ["1KB", 1_000],
  ["1kB", 1_000],
  ["1KiB", 1_024],
  ["512MB", 512_000_000],
  ["512MiB", 536_870_912],
  ["512mib", 536_870_912],
  ["512 MiB", 536_870_912],
  ["1GiB", 1_073_741_824],
  ["1.5GiB", 1_610_612_736],
  ["4GiB", 4_294_967_296],
  ["2TiB", 2_199_023_255_552],
  ["", undefined],
  ["MiB", undefined],
  ["-1MiB", undefined],
  ["1M", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  ["1,5GB", undefined],
  ["1iB", undefined],
  ["999999TiB", undefined],
];

for (const [text, expected] of READ) {
  Deno.test(`parseSize() reads "${text}" as ${expected}`, () => {
    assert.equal(parseSize(text), expected);
  });
}

const WRITTEN: readonly (readonly [number, string])[] = [
  [0, "0B"],
  [700, "700B"],
  [1_023, "1023B"],
  [1_024, "1KiB"],
  [1_536, "1.5KiB"],
  [1_048_575, "1MiB"],
  [536_870_912, "512MiB"],
  [4_294_967_296, "4GiB"],
  [2 ** 50, "1024TiB"],
];

for (const [bytes, expected] of WRITTEN) {
  Deno.test(`formatSize() writes ${bytes} bytes as ${expected}`, () => {
    assert.equal(formatSize(bytes), expected);
  });
}
