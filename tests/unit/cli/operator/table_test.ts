import assert from "node:assert/strict";
import {
  shownDuration,
  shownSince,
  shownSpan,
  shownTime,
} from "../../../../src/cli/operator/ages.ts";
import {
  renderTable,
  type Screen,
} from "../../../../src/cli/operator/table.ts";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const PIPED: Screen = { columns: undefined, color: false, now: NOW };
const ROWS = [
  [{ text: "v1.10.0" }, { text: "failed", tone: "bad" as const }, {
    text: "checksum does not match what was published",
  }],
  [{ text: "版" }, { text: "deployed" }, { text: "" }],
];
const HEAD = ["VERSION", "OUTCOME", "REASON"];

Deno.test("renderTable() aligns columns and cuts nothing for another program", () => {
  assert.equal(
    renderTable(HEAD, ROWS, PIPED),
    "VERSION  OUTCOME   REASON\n" +
      "v1.10.0  failed    checksum does not match what was published\n" +
      "版       deployed\n",
  );
});

Deno.test("renderTable() cuts the last column to the width of the terminal", () => {
  const [, line] = renderTable(HEAD, ROWS, { ...PIPED, columns: 40 })
    .split("\n");
  assert.equal(line, "v1.10.0  failed    checksum does not ma…");
  assert.equal([...line ?? ""].length, 40);
  const narrow = renderTable(HEAD, ROWS, { ...PIPED, columns: 26 });
  assert.equal(
    narrow,
    "VERSION  OUTCOME\n  REASON\n" +
      "v1.10.0  failed\n  checksum does not match…\n" +
      "版       deployed\n",
  );
});

Deno.test("renderTable() colours without moving a column", () => {
  const coloured = renderTable(HEAD, ROWS, { ...PIPED, color: true });
  assert.ok(coloured.includes("\x1b[31mfailed\x1b[0m    checksum"));
  assert.equal(
    // deno-lint-ignore no-control-regex -- escape codes are what is taken away
    coloured.replace(/\x1b\[\d+m/g, "").replace(/ +\n/g, "\n"),
    renderTable(HEAD, ROWS, PIPED),
  );
});

const SPANS: readonly (readonly [number, string])[] = [
  [0, "0s"],
  [-5_000, "0s"],
  [999, "1s"],
  [59_000, "59s"],
  [61_000, "1m 1s"],
  [3_600_000, "1h"],
  [3_605_000, "1h"],
  [93_784_000, "1d 2h"],
];

for (const [ms, expected] of SPANS) {
  Deno.test(`shownSpan() says ${expected} for ${ms} ms`, () => {
    assert.equal(shownSpan(ms), expected);
  });
}

Deno.test("times are ages on a terminal and instants elsewhere", () => {
  const terminal = { ...PIPED, columns: 80 };
  assert.equal(shownTime(NOW - 61_000, terminal), "1m 1s ago");
  assert.equal(shownTime(NOW + 8_000, terminal), "in 8s");
  assert.equal(shownSince(NOW - 60_000, terminal), "for 1m");
  assert.equal(shownTime(NOW - 61_000, PIPED), "2026-01-15T11:58:59Z");
  assert.equal(shownSince(NOW, PIPED), "since 2026-01-15T12:00:00Z");
  assert.equal(shownTime(undefined, terminal), "");
});

Deno.test("shownDuration() chooses its unit", () => {
  assert.equal(shownDuration(850.4), "850 ms");
  assert.equal(shownDuration(12_340), "12.3 s");
  assert.equal(shownDuration(245_000), "4m 5s");
  assert.equal(shownDuration(undefined), "");
});
