import assert from "node:assert/strict";
import { LineBatch } from "../../../src/proxy/line_batch.ts";
import { LineWriter } from "../../../src/proxy/line_writer.ts";
import { eventually } from "../../support/eventually.ts";

Deno.test("LineBatch sends lines together, and a full batch at once", async () => {
  const batches: string[] = [];
  const batch = new LineBatch((lines) => batches.push(lines));
  batch.add("a");
  batch.add("b");
  assert.deepEqual(batches, []);
  await eventually(() => batches.length === 1, { message: "it is sent" });
  assert.deepEqual(batches, ["a\nb\n"]);
  batch.add("x".repeat(40_000));
  assert.equal(batches.length, 2);
  batch.flush();
  assert.equal(batches.length, 2);
});

Deno.test("LineWriter writes in order, and drops what its reader is too slow for", async () => {
  const written: string[] = [];
  const dropped: number[] = [];
  const gate = Promise.withResolvers<void>();
  const writer = new LineWriter({
    write: async (bytes) => {
      written.push(new TextDecoder().decode(bytes));
      await gate.promise;
    },
    onDropped: (count) => dropped.push(count),
    maxWaiting: 10,
  });
  writer.add("1\n");
  writer.add("2\n");
  writer.add("3\n");
  writer.add("too\nlong\nfor it\n");
  gate.resolve();
  await writer.idle;
  assert.deepEqual(written, ["1\n", "2\n3\n"]);
  assert.deepEqual(dropped, [3]);
  writer.add("4\n");
  await writer.idle;
  assert.equal(written.at(-1), "4\n");
});

Deno.test("LineWriter outlives a reader that is gone", async () => {
  const dropped: number[] = [];
  const writer = new LineWriter({
    write: () => Promise.reject(new Deno.errors.BrokenPipe()),
    onDropped: (count) => dropped.push(count),
  });
  writer.add("1\n");
  await writer.idle;
  writer.add("2\n");
  await writer.idle;
  assert.deepEqual(dropped, [1, 1]);
});
