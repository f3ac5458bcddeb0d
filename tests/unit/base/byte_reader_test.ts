import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { openByteReader, requestOf } from "../../../src/base/byte_reader.ts";

const TEXT = "The quick brown fox jumps over the lazy dog";

/** Gives the text in pieces of 5 bytes, into the memory of its reader. */
function bytesOf(text: string): ReadableStream<Uint8Array> {
  let rest = new TextEncoder().encode(text);
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 5,
    pull(controller) {
      const { request, view } = requestOf(controller);
      const part = rest.subarray(0, Math.min(5, view.length));
      rest = rest.subarray(part.length);
      view.set(part);
      if (part.length === 0) controller.close();
      request.respond(part.length);
    },
  });
}

function piecesOf(text: string): ReadableStream<Uint8Array> {
  return ReadableStream.from(text.match(/.{1,5}/g) ?? [])
    .pipeThrough(new TextEncoderStream());
}

for (
  const [kind, open] of [["bytes", bytesOf], ["chunks", piecesOf]] as const
) {
  Deno.test(`openByteReader() fills block after block from a stream of ${kind}`, async () => {
    const reader = openByteReader(open(TEXT));
    const texts: string[] = [];
    let block: Uint8Array<ArrayBuffer> = new Uint8Array(16);
    for (;;) {
      const filled = await reader.read(block, 16);
      if (filled.length === 0) break;
      texts.push(new TextDecoder().decode(filled));
      block = new Uint8Array(filled.buffer);
      equal(block.length, 16);
    }
    deepEqual(texts, ["The quick brown ", "fox jumps over t", "he lazy dog"]);
  });

  Deno.test(`openByteReader() returns as soon as there is enough from a stream of ${kind}`, async () => {
    const reader = openByteReader(open(TEXT));
    const { length } = await reader.read(new Uint8Array(16), 1);
    equal(length, 5);
    await reader.cancel("enough");
  });

  Deno.test(`openByteReader() reads an empty stream of ${kind}`, async () => {
    const reader = openByteReader(open(""));
    equal((await reader.read(new Uint8Array(16), 16)).length, 0);
  });
}

for (const type of ["bytes", undefined] as const) {
  Deno.test(`ByteReader of a stream of type ${type} ends with its cancellation`, async () => {
    let reason: unknown;
    const cancel = (given: unknown) => {
      reason = given;
    };
    const stream = type === undefined
      ? new ReadableStream<Uint8Array>({ cancel })
      : new ReadableStream({ type, cancel });
    const reader = openByteReader(stream);
    const reading = reader.read(new Uint8Array(16), 16);
    await reader.cancel("enough");
    equal((await reading).length, 0);
    equal(reason, "enough");
  });

  Deno.test(`ByteReader of a stream of type ${type} fails as the stream does`, async () => {
    const failure = new Error("broken");
    const pull = () => Promise.reject(failure);
    const stream = type === undefined
      ? new ReadableStream<Uint8Array>({ pull })
      : new ReadableStream({ type, pull });
    const reader = openByteReader(stream);
    await rejects(reader.read(new Uint8Array(16), 16), failure);
  });
}

Deno.test("openByteReader() refuses a stream that somebody else reads", () => {
  const stream = new ReadableStream<Uint8Array>();
  stream.getReader();
  throws(() => openByteReader(stream), TypeError);
});
