import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { readStart, readText } from "../../../src/base/read_text.ts";

const MIB = 1024 * 1024;

/** A stream without an end, and whether it was given up. */
function endless() {
  const state = {
    isCancelled: false,
    stream: new ReadableStream<Uint8Array>(),
  };
  state.stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
    cancel: () => {
      state.isCancelled = true;
    },
  });
  return state;
}

Deno.test("readText() reads up to one MiB, and names what is larger", async () => {
  const whole = new Blob([new Uint8Array(MIB).fill(0x61)]).stream();
  equal((await readText(whole, { what: "It" })).length, MIB);
  const source = endless();
  await rejects(readText(source.stream, { what: 'Object "k"' }), (error) => {
    ok(error instanceof SourceError);
    equal(error.code, "invalid");
    equal(error.message, 'Object "k" is larger than 1 MiB');
    return true;
  });
  ok(source.isCancelled);
});

Deno.test("readText() puts characters together that arrive in parts", async () => {
  const bytes = new TextEncoder().encode("größer 🦕");
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  equal(await readText(stream, { what: "It" }), "größer 🦕");
});

Deno.test("readStart() reads no more than it is asked for", async () => {
  const source = endless();
  const start = await readStart(source.stream, 100);
  deepEqual([start.bytes.length, start.isWhole], [100, false]);
  ok(source.isCancelled);
  deepEqual(await readStart(new Blob(["abc"]).stream(), 3), {
    bytes: new TextEncoder().encode("abc"),
    isWhole: true,
  });
});
