import { deepEqual, equal } from "node:assert/strict";
import { parseLogs } from "../../../src/client/engine_logs.ts";
import { bytes, concat } from "../../support/tar_bytes.ts";

function frame(output: number, content: string | Uint8Array): Uint8Array {
  const body = bytes(content);
  const header = new Uint8Array(8);
  header[0] = output;
  new DataView(header.buffer).setUint32(4, body.length);
  return concat(header, body);
}

const framed = { hasTty: false, lines: 10 };

Deno.test("parseLogs() joins lines that come in several frames", () => {
  const answer = concat(
    frame(1, "out "),
    frame(2, "err "),
    frame(1, "one\nout two\nout"),
    frame(2, "one\n"),
    frame(1, " three"),
  );
  deepEqual(parseLogs(answer, framed), [
    "out one",
    "out two",
    "err one",
    "out three",
  ]);
});

Deno.test("parseLogs() returns the last lines only", () => {
  const answer = frame(1, "a\nb\nc\n");
  deepEqual(parseLogs(answer, { ...framed, lines: 2 }), ["b", "c"]);
  deepEqual(parseLogs(answer, { ...framed, lines: 0 }), []);
});

Deno.test("parseLogs() reads a terminal's output as it is", () => {
  const answer = new Uint8Array(bytes("a\r\n\r\nb"));
  deepEqual(parseLogs(answer, { hasTty: true, lines: 10 }), ["a", "", "b"]);
});

Deno.test("parseLogs() keeps characters together that frames split", () => {
  const [first, ...rest] = bytes("ü");
  const answer = concat(
    frame(1, Uint8Array.of(first ?? 0)),
    frame(1, Uint8Array.from(rest)),
  );
  deepEqual(parseLogs(answer, framed), ["ü"]);
});

Deno.test("parseLogs() takes what was cut off or is empty", () => {
  deepEqual(parseLogs(new Uint8Array(), framed), []);
  deepEqual(parseLogs(frame(1, "abc").subarray(0, 5), framed), []);
  deepEqual(parseLogs(frame(1, "abc").subarray(0, 10), framed), ["ab"]);
});

Deno.test("parseLogs() cuts long lines", () => {
  const [line = ""] = parseLogs(frame(1, "x".repeat(100_000)), framed);
  equal(line.length, 4097);
});
