import assert from "node:assert/strict";
import type { ByteInput } from "../../../src/proxy/http/byte_input.ts";
import { BackendFault } from "../../../src/proxy/http/fault.ts";
import { MAX_HEAD_BYTES } from "../../../src/proxy/http/response_head.ts";
import { inputOf } from "../../support/scripted_reads.ts";

const KIB = 1024;

async function assertFault(
  task: Promise<unknown>,
  reason: string,
): Promise<void> {
  await assert.rejects(
    task,
    (error) => error instanceof BackendFault && error.reason === reason,
  );
}

function takeHead(input: ByteInput): Promise<string | undefined> {
  return input.takeHead(MAX_HEAD_BYTES);
}

Deno.test("a head is found wherever the reads split it", async () => {
  const text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody";
  for (let first = 1; first < text.length; first++) {
    for (let second = first; second < text.length; second += 3) {
      const input = inputOf(
        text.slice(0, first),
        text.slice(first, second),
        text.slice(second),
      );
      assert.equal(await takeHead(input), "HTTP/1.1 200 OK\r\nA: b");
      let rest = "";
      for (;;) {
        const bytes = await input.takeSome(100);
        if (bytes === undefined) break;
        rest += new TextDecoder().decode(bytes);
      }
      assert.equal(rest, "body");
    }
  }
});

Deno.test("two heads in one read are taken one after the other", async () => {
  const input = inputOf("first\r\n\r\nsecond\r\n\r\n");
  assert.equal(await takeHead(input), "first");
  assert.equal(await takeHead(input), "second");
  assert.equal(await takeHead(input), undefined);
});

Deno.test("a head may be longer than one buffer, up to its limit", async () => {
  const longest = MAX_HEAD_BYTES - 1;
  for (const length of [17 * KIB, 40 * KIB, longest]) {
    for (const step of [1 * KIB, 7_000, 100 * KIB]) {
      const head = "x".repeat(length);
      const wire = `${head}\r\n\r\nbody`;
      const reads: string[] = [];
      for (let at = 0; at < wire.length; at += step) {
        reads.push(wire.slice(at, at + step));
      }
      const input = inputOf(...reads);
      assert.equal(await takeHead(input), head);
      assert.equal(input.peek.toString(), "body".slice(0, input.buffered));
    }
  }
});

Deno.test("a head beyond its limit is refused however it arrives", async () => {
  for (const length of [MAX_HEAD_BYTES, MAX_HEAD_BYTES + 20, 200 * KIB]) {
    for (const step of [1 * KIB, 7_000, 300 * KIB]) {
      const wire = `${"x".repeat(length)}\r\n\r\n`;
      const reads: string[] = [];
      for (let at = 0; at < wire.length; at += step) {
        reads.push(wire.slice(at, at + step));
      }
      await assertFault(takeHead(inputOf(...reads)), "backend-invalid");
    }
  }
});

Deno.test("an end before the first byte is no head, a later one cuts it off", async () => {
  assert.equal(await takeHead(inputOf()), undefined);
  await assertFault(takeHead(inputOf("H")), "backend-closed");
  await assertFault(takeHead(inputOf("HTTP\r\n\r")), "backend-closed");
});

Deno.test("a line ends with both of its characters, within its limit", async () => {
  const input = inputOf("on", "e\r", "\n", "\r\ntwo\r\n");
  assert.equal(await input.takeLine(3), "one");
  assert.equal(await input.takeLine(0), "");
  await assertFault(input.takeLine(2), "backend-invalid");
  await assertFault(inputOf("a\n").takeLine(9), "backend-invalid");
  await assertFault(inputOf("\n").takeLine(9), "backend-invalid");
  await assertFault(inputOf("x".repeat(99)).takeLine(9), "backend-invalid");
  assert.equal(await inputOf("cut").takeLine(9), undefined);
});

Deno.test("the bytes that come while it watches are not lost", async () => {
  const input = inputOf("first\r\n\r\n", "second\r\n\r\nrest");
  assert.equal(await takeHead(input), "first");
  let calls = 0;
  input.watch(() => calls++);
  assert.equal(await takeHead(input), "second");
  assert.equal(calls, 1);
  assert.equal(new TextDecoder().decode(await input.takeSome(2)), "re");
  assert.equal(new TextDecoder().decode(await input.takeSome(9)), "st");
});

Deno.test("the failure of a read that watched is told whoever asks, and to nobody else", async () => {
  const input = inputOf(
    "first\r\n\r\n",
    new Deno.errors.ConnectionReset("gone"),
  );
  await takeHead(input);
  const { promise, resolve } = Promise.withResolvers<void>();
  input.watch(resolve);
  await promise;
  await assert.rejects(takeHead(input), Deno.errors.ConnectionReset);
});
