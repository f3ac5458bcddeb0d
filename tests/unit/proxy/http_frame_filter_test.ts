import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FrameFilter } from "../../../src/proxy/http/frame_filter.ts";
import { Random } from "../../support/random.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const DATA = 0;
const SETTINGS = 4;
const GOAWAY = 7;

function frame(type: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  return Buffer.concat([header, payload]);
}

/** @param more What is for people to read. */
function goaway(code: number, more = ""): Buffer {
  const payload = Buffer.alloc(8 + more.length);
  payload.writeUInt32BE(code, 4);
  payload.write(more, 8);
  return frame(GOAWAY, payload);
}

/** Gives the bytes in pieces of up to `size`. */
function filtered(bytes: Buffer, size: () => number): Buffer {
  const filter = new FrameFilter();
  const passed: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + size();
    // What is returned holds until the next call only.
    for (const piece of filter.take(bytes.subarray(at, end))) {
      passed.push(Buffer.from(piece));
    }
    at = end;
  }
  return Buffer.concat(passed);
}

const KEPT = [
  PREFACE,
  frame(SETTINGS, Buffer.alloc(0)),
  frame(DATA, Buffer.alloc(70_000, 7)),
  goaway(2, "an error"),
  frame(GOAWAY, Buffer.alloc(3)),
  frame(DATA, Buffer.from("abc")),
];

Deno.test("a farewell is kept from the server, and nothing else", () => {
  const [preface = PREFACE, ...frames] = KEPT;
  const all = [preface];
  for (const one of frames) all.push(goaway(0), one, goaway(0, "see you"));
  const random = Random.fromEnv();
  const sizes = [
    () => 1,
    () => 9,
    () => 1_000_000,
    () => 1 + Math.floor(random.next(100)),
  ];
  for (const size of sizes) {
    assert.deepEqual(
      filtered(Buffer.concat(all), size),
      Buffer.concat(KEPT),
      `seed ${random.seed}`,
    );
  }
});

Deno.test("frames that are kept are passed on in one piece", () => {
  const bytes = Buffer.concat(KEPT.slice(0, 3));
  assert.deepEqual(new FrameFilter().take(bytes), [bytes]);
});
