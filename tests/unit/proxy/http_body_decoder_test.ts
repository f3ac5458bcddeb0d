import assert from "node:assert/strict";
import { decoderOf } from "../../../src/proxy/http/body_decoder.ts";
import type { ByteInput } from "../../../src/proxy/http/byte_input.ts";
import { BackendFault } from "../../../src/proxy/http/fault.ts";
import { inputOf } from "../../support/scripted_reads.ts";

type Framing = Parameters<typeof decoderOf>[0];

const CHUNKED: Framing = { kind: "chunked" };

async function decode(input: ByteInput, framing: Framing): Promise<string> {
  const decoder = decoderOf(framing, input);
  let text = "";
  for (;;) {
    const bytes = await decoder.next();
    if (bytes === undefined) break;
    assert.ok(bytes.length > 0);
    text += String.fromCharCode(...bytes);
  }
  assert.equal(await decoder.next(), undefined);
  return text;
}

async function assertFault(parts: string[], reason: string, f = CHUNKED) {
  await assert.rejects(
    decode(inputOf(...parts), f),
    (error) => error instanceof BackendFault && error.reason === reason,
    JSON.stringify(parts),
  );
}

Deno.test("a chunked body is the same wherever the reads split it", async () => {
  const wire = "5\r\nhello\r\n3;a=b\r\n\r\n0\r\n" +
    "1 \r\n!\r\n0;last\r\nX-A: b\r\nX-C: 0\r\n\r\nNEXT";
  for (let first = 0; first <= wire.length; first++) {
    for (let second = first; second <= wire.length; second++) {
      const input = inputOf(
        wire.slice(0, first),
        wire.slice(first, second),
        wire.slice(second),
      );
      assert.equal(await decode(input, CHUNKED), "hello\r\n0!");
      const rest = await input.takeSome(99) ?? new Uint8Array();
      const end = "NEXT".slice(0, rest.length);
      assert.equal(String.fromCharCode(...rest), end);
    }
  }
});

Deno.test("a body that has arrived is taken whole, and only then", async () => {
  const whole = async (framing: Framing, wire: string) => {
    const input = inputOf(`\r\n\r\n${wire}`);
    await input.takeHead(1024);
    const bytes = decoderOf(framing, input).arrived();
    return bytes === undefined
      ? { text: undefined, left: input.buffered }
      : { text: String.fromCharCode(...bytes), left: input.buffered };
  };
  const none = (left: number) => ({ text: undefined, left });
  const chunked = (wire: string) => whole(CHUNKED, wire);
  assert.deepEqual(await chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), {
    text: "abcde",
    left: 0,
  });
  assert.deepEqual(await chunked("0\r\n\r\n"), { text: "", left: 0 });
  for (
    const wire of [
      "",
      "3\r\nabc",
      "3\r\nabc\r\n",
      "3\r\nabc\r\n0\r\n",
      // What looks like the end is within a chunk, or belongs to a trailer.
      "8\r\nabc0\r\n\r\n",
      "a\r\nabc0\r\n\r\n",
      "3\r\nabc\r\n0\r\nX: 0\r\n\r\n",
    ]
  ) assert.deepEqual(await chunked(wire), none(wire.length));
  const length: Framing = { kind: "length", bytes: 3 };
  assert.deepEqual(await whole(length, "abcd"), { text: "abc", left: 1 });
  assert.deepEqual(await whole(length, "ab"), none(2));
  assert.deepEqual(await whole({ kind: "until-close" }, "ab"), none(2));
});

Deno.test("what looks like the end of a chunked body within it is not", async () => {
  const wire = "5\r\n0\r\n\r\n\r\n1\r\nx\r\n0\r\n\r\n";
  for (let at = 0; at <= wire.length; at++) {
    const input = inputOf(`\r\n\r\n${wire.slice(0, at)}`, wire.slice(at));
    await input.takeHead(1024);
    const decoder = decoderOf(CHUNKED, input);
    const arrived = decoder.arrived();
    const text: string = arrived === undefined
      ? await decode(input, CHUNKED)
      : String.fromCharCode(...arrived);
    assert.equal(text, "0\r\n\r\nx", `split at ${at}`);
  }
});

Deno.test("chunks that are not as they should be are refused", async () => {
  const wires = [
    "\r\n",
    "x\r\n",
    "0x3\r\nabc\r\n0\r\n\r\n",
    "+3\r\nabc\r\n0\r\n\r\n",
    "-3\r\nabc\r\n0\r\n\r\n",
    " 3\r\nabc\r\n0\r\n\r\n",
    "3\nabc\r\n0\r\n\r\n",
    "3;a\nb\r\nabc\r\n0\r\n\r\n",
    "3\r\nabc\n0\r\n\r\n",
    "3\r\nabcd\r\n0\r\n\r\n",
    "2\r\nabc\r\n0\r\n\r\n",
    "3\r\nabc0\r\n\r\n",
    "10000000000000003\r\nabc\r\n0\r\n\r\n",
    "1234567890abc\r\nabc\r\n0\r\n\r\n",
    `3;${"x".repeat(5_000)}\r\nabc\r\n0\r\n\r\n`,
    "0\r\nX: y\n\r\n\r\n",
    `0\r\n${"X: y\r\n".repeat(20_000)}\r\n`,
  ];
  for (const wire of wires) {
    await assertFault([wire], "backend-invalid");
    if (wire.length < 100) await assertFault([...wire], "backend-invalid");
  }
});

Deno.test("a body that is cut off is never taken for a complete one", async () => {
  const wire = "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n";
  for (let at = 0; at < wire.length; at++) {
    await assertFault([wire.slice(0, at)], "backend-closed");
  }
  for (const text of ["", "ab"]) {
    await assertFault([text], "backend-closed", { kind: "length", bytes: 3 });
  }
});

Deno.test("a body with a length ends there, one without at the end of the connection", async () => {
  const input = inputOf("a", "bcd");
  assert.equal(await decode(input, { kind: "length", bytes: 3 }), "abc");
  assert.equal(
    await decode(inputOf("a", "bcd"), { kind: "until-close" }),
    "abcd",
  );
  assert.equal(await decode(inputOf(), { kind: "until-close" }), "");
});
