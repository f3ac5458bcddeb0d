import assert from "node:assert/strict";
import { cutOutput } from "../../../src/notify/cut_output.ts";

Deno.test("cutOutput() leaves what is short as it is", () => {
  const output = Array.from({ length: 50 }, (_, line) => `${line}`).join("\n");
  assert.equal(cutOutput(output), output);
  assert.equal(cutOutput("x".repeat(2_000)), "x".repeat(2_000));
});

Deno.test("cutOutput() keeps 50 lines and says how many there are more", () => {
  const all = Array.from({ length: 73 }, (_, line) => `line ${line}`);
  const cut = cutOutput(all.join("\n")).split("\n");
  assert.equal(cut.length, 51);
  assert.equal(cut[49], "line 49");
  assert.equal(cut[50], "... (23 more lines truncated)");
});

Deno.test("cutOutput() keeps about 2,000 characters, whole lines of them", () => {
  const line = "y".repeat(99);
  const cut = cutOutput(Array.from({ length: 40 }, () => line).join("\n"));
  const kept = cut.split("\n");
  assert.equal(kept.length, 21);
  assert.equal(kept[19], line);
  assert.equal(kept[20], "... (2000 more characters truncated)");
  assert.match(
    cutOutput("z".repeat(5_000)),
    /^z{2000}\n\.\.\. \(3000 more characters truncated\)$/,
  );
});
