import assert from "node:assert/strict";
import { eventData } from "../../../../src/cli/operator/sse.ts";

function parts(
  ...texts: readonly string[]
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return ReadableStream.from(texts.map((text) => encoder.encode(text)));
}

const CASES:
  readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["one event", ["id: 1\nevent: x\ndata: {}\n\n"], ["{}"]],
    ["events in pieces", ["da", "ta: a\n", "\ndata:b\n\n"], ["a", "b"]],
    [
      "carriage returns at the seam",
      ["data: a\r", "\n\r", "\ndata: b\r\n\r\n"],
      [
        "a",
        "b",
      ],
    ],
    ["comments and unknown fields", [": hi\n\nretry: 5\n\ndata: a\n\n"], ["a"]],
    ["several lines of data", ["data: a\ndata: b\n\n"], ["a\nb"]],
    ["an event that has no end", ["data: a\n\ndata: b\n"], ["a"]],
  ];

for (const [name, texts, expected] of CASES) {
  Deno.test(`eventData() reads ${name}`, async () => {
    assert.deepEqual(
      await Array.fromAsync(eventData(parts(...texts))),
      expected,
    );
  });
}

Deno.test("eventData() does not keep a line without end", async () => {
  const line = "x".repeat(600_000);
  await assert.rejects(
    Array.fromAsync(eventData(parts(line, line))),
    /longer than 1 MiB/,
  );
});
