import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FrameFilter } from "../../../src/proxy/http/frame_filter.ts";
import { Random } from "../../support/random.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_HEADERS = 4;
const SETTINGS = 4;
const GOAWAY = 7;

function frame(type: number, payload: Uint8Array, flags = 0, id = 0): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
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
function filtered(
  bytes: Buffer,
  size: () => number,
  filter = new FrameFilter(),
): Buffer {
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

function head(id: number, flags: number, text = "block"): Buffer {
  return frame(HEADERS, Buffer.from(text), flags, id);
}

/** A literal header (RFC 7541, 6.2.2), in the frame that ends a head. */
function mark(id: number): Buffer {
  const block = `\0\x0bdewy-stream${String.fromCharCode(`${id}`.length)}${id}`;
  return frame(CONTINUATION, Buffer.from(block), END_HEADERS, id);
}

Deno.test("a head that does not end its stream is marked, whatever pieces it comes in", () => {
  const high = 0x7ffffffd;
  const padded = 0x28;
  const cases: readonly (readonly [Buffer[], Buffer[]])[] = [
    [[head(1, END_HEADERS | END_STREAM)], [head(1, END_HEADERS | END_STREAM)]],
    [[head(3, END_HEADERS)], [head(3, 0), mark(3)]],
    [[head(high, END_HEADERS | padded)], [head(high, padded), mark(high)]],
    [[head(5, END_HEADERS, "")], [head(5, 0, ""), mark(5)]],
    [
      [
        head(7, 0),
        frame(CONTINUATION, Buffer.from("a"), 0, 7),
        frame(CONTINUATION, Buffer.from("b"), END_HEADERS, 7),
      ],
      [
        head(7, 0),
        frame(CONTINUATION, Buffer.from("a"), 0, 7),
        frame(CONTINUATION, Buffer.from("b"), 0, 7),
        mark(7),
      ],
    ],
    [
      [head(9, END_STREAM), frame(CONTINUATION, Buffer.of(), END_HEADERS, 9)],
      [head(9, END_STREAM), frame(CONTINUATION, Buffer.of(), END_HEADERS, 9)],
    ],
  ];
  const data = frame(DATA, Buffer.from("abc"), END_STREAM, 3);
  const sent = [PREFACE, ...cases.flatMap(([from]) => [...from, data])];
  const expected = [PREFACE, ...cases.flatMap(([, to]) => [...to, data])];
  for (const size of [1, 2, 9, 14, 15, 1_000_000]) {
    const bytes = Buffer.concat(sent);
    assert.deepEqual(filtered(bytes, () => size), Buffer.concat(expected));
    // What came is not ours to change for good.
    assert.deepEqual(bytes, Buffer.concat(sent));
  }
});

Deno.test("it is known of a stream whether a body came", async () => {
  const filter = new FrameFilter();
  const none = Buffer.of();
  const heads = [1, 3, 5, 7, 9].map((id) => head(id, END_HEADERS));
  const frames = [
    frame(DATA, none, 0, 1),
    frame(DATA, Buffer.from("a"), 0, 1),
    frame(DATA, none, 0, 3),
    frame(DATA, none, END_STREAM, 3),
    frame(RST_STREAM, Buffer.alloc(4), 0, 5),
    head(7, END_HEADERS | END_STREAM),
  ];
  const asked = filter.streams;
  filtered(Buffer.concat([PREFACE, ...heads]), () => 1_000, filter);
  const early = asked.hasBody(1, 60_000);
  for (const bytes of frames) filter.take(bytes);
  assert.ok(await early);
  for (const id of [3, 5, 7]) {
    assert.ok(!await asked.hasBody(id, 60_000), `${id}`);
  }
  assert.ok(await asked.hasBody(9, 10), "too late");
  for (const id of [3, 11, NaN]) {
    assert.ok(await asked.hasBody(id, 60_000), "nobody knows it");
  }
});

Deno.test("streams that nobody asks for are forgotten", async () => {
  const filter = new FrameFilter();
  const heads = [];
  for (let id = 1; id < 5_000; id += 2) {
    heads.push(head(id, END_HEADERS), frame(DATA, Buffer.of(), END_STREAM, id));
  }
  filtered(Buffer.concat([PREFACE, ...heads]), () => 64 * 1024, filter);
  assert.ok(await filter.streams.hasBody(1, 60_000));
  assert.ok(!await filter.streams.hasBody(4_999, 60_000));
});

Deno.test("what does not begin as HTTP/2 does is not passed on", () => {
  const words = "GET /long/enough/for/a/preface HTTP/1.1\nHost: h\n\n";
  const bent = Buffer.from(PREFACE);
  bent[23] = 0;
  for (const bytes of [Buffer.from(words), bent]) {
    for (const size of [1, 100]) {
      const filter = new FrameFilter();
      const passed = filtered(bytes, () => size, filter);
      assert.ok(filter.isBroken);
      assert.ok(PREFACE.subarray(0, 23).includes(passed));
    }
  }
});
