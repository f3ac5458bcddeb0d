import assert from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { cleanText } from "../../../src/notify/clean_text.ts";
import { plainText } from "../../../src/notify/rich_text.ts";
import {
  BENCH_SECRET,
  NotificationsBench,
} from "../../support/notifications_bench.ts";
import { result, SAMPLES } from "../../support/sample_events.ts";

const ESC = "\u001b";

/** What others may have a message say, and what is left of it. */
const TEXTS: readonly (readonly [name: string, text: string, left: string])[] =
  [
    ["colours", `${ESC}[1;31mFAIL${ESC}[0m 3 tests`, "FAIL 3 tests"],
    ["a window title", `${ESC}]0;title\u0007ready`, "ready"],
    ["a link", `${ESC}]8;;https://x/${ESC}\\here${ESC}]8;;${ESC}\\`, "here"],
    ["a broken sequence", `a${ESC}`, "a"],
    ["one byte sequences", `a\u009b31mb`, "ab"],
    ["progress", "10%\r20%\r\ndone", "10%\n20%\ndone"],
    ["bells and NUL", "a\u0000b\u0007c\u007f", "abc"],
    ["writing from right to left", "a\u202eexe.txt\u2066", "aexe.txt"],
    ["what is as it should be", "ok\tç 漢 👩‍💻\nnext", "ok\tç 漢 👩‍💻\nnext"],
  ];

for (const [name, text, left] of TEXTS) {
  Deno.test(`cleanText() leaves what a person reads of ${name}`, () => {
    assert.equal(cleanText(text), left);
  });
}

Deno.test("Notifications hold no half of a secret where a long error is cut", async () => {
  for (let before = 1_970; before < 2_001; before++) {
    const bench = new NotificationsBench();
    const error = new SourceError(
      "unavailable",
      `${"x".repeat(before)}${BENCH_SECRET} and so on`,
    );
    await bench.tell({ type: "tick-failed", error, failures: 1 });
    const text = plainText(bench.loud.notices[0]?.text ?? []);
    assert.ok(!text.includes(BENCH_SECRET.slice(0, 6)), text.slice(-60));
    assert.ok(text.length < 2_100);
  }
});

Deno.test("Notifications put no secret together that a control character divides", async () => {
  const bench = new NotificationsBench();
  const divided = `${BENCH_SECRET.slice(0, 9)}\u0000${BENCH_SECRET.slice(9)}`;
  const hook = { ...result, stdout: divided, stderr: `${ESC}[31m${divided}` };
  await bench.tell(
    { type: "hook-finished", result: hook },
    { ...SAMPLES["deploy-skipped"], notable: true, reason: divided },
  );
  const sent = JSON.stringify(bench.loud.notices);
  assert.equal(bench.loud.notices.length, 2);
  assert.ok(!sent.includes(BENCH_SECRET), sent);
  assert.ok(!sent.includes("\\u00"), sent);
});
