import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { REFUSAL } from "../../../src/proxy/http/inner_method.ts";
import { RequestFraming } from "../../../src/proxy/http/request_framing.ts";
import { get } from "../../support/http_bench.ts";
import { Random } from "../../support/random.ts";
import { PASSED, REFUSED } from "../../support/smuggling_corpus.ts";

const REFUSAL_TEXT = Buffer.from(REFUSAL).toString("latin1");
/** What a backend refuses, or the plane: the framing of these is clear. */
const CLEAR_FRAMING = new Set([
  "another host in the target",
  "a user in the target",
  "a Host with a path",
  "a Host with a blank",
  "a Host with a user",
  "an empty Host",
  "a HEAD with a body",
  "CONNECT",
  "TRACE",
]);

interface Outcome {
  readonly passed: string;
  readonly requests: number;
  readonly isBroken: boolean;
}

/** Gives the bytes in the pieces that `cuts` leave. */
function inspect(text: string, cuts: readonly number[] = []): Outcome {
  const framing = new RequestFraming();
  let passed = "";
  const ends = [...cuts, text.length];
  let from = 0;
  for (const end of ends) {
    const bytes = Buffer.from(text.slice(from, end), "latin1");
    for (const piece of framing.take(bytes)) {
      passed += Buffer.from(piece).toString("latin1");
    }
    from = end;
  }
  const { requests, isBroken } = framing;
  return { passed, requests, isBroken };
}

/** What can be compared: how much of a broken body is passed on depends on the pieces. */
function comparable(outcome: Outcome): Outcome {
  if (!outcome.isBroken) return outcome;
  const head = outcome.passed.slice(0, outcome.passed.indexOf("\r\n\r\n"));
  return { ...outcome, passed: head };
}

function everyByte(text: string): number[] {
  return Array.from({ length: text.length - 1 }, (_, index) => index + 1);
}

for (const [name, text] of Object.entries(REFUSED)) {
  if (CLEAR_FRAMING.has(name)) continue;
  Deno.test(`nothing of "${name}" is passed on that would be a request`, () => {
    const { passed, isBroken, requests } = inspect(text);
    assert.ok(isBroken || passed.endsWith(REFUSAL_TEXT), passed);
    assert.ok(!passed.includes("poison"), passed);
    assert.equal(requests, 1);
  });
}

const ALL: Record<string, string> = { ...REFUSED };
for (const [name, [text]] of Object.entries(PASSED)) ALL[name] = text;

for (const [name, text] of Object.entries(ALL)) {
  Deno.test(`"${name}" is read alike in any two pieces, and byte for byte`, () => {
    const whole = comparable(inspect(text));
    for (const cut of everyByte(text)) {
      assert.deepEqual(comparable(inspect(text, [cut])), whole, `at ${cut}`);
    }
    assert.deepEqual(comparable(inspect(text, everyByte(text))), whole);
  });
}

Deno.test("requests in a row are read alike in pieces of any size", () => {
  const random = Random.fromEnv();
  const texts = Object.values(PASSED).map(([text]) => text);
  for (let round = 0; round < 300; round++) {
    const count = 1 + Math.floor(random.next(6));
    const row = Array.from(
      { length: count },
      () => texts[Math.floor(random.next(texts.length))] ?? "",
    ).join("");
    const whole = inspect(row);
    const cuts = everyByte(row).filter(() => random.next(40) < 1);
    assert.deepEqual(inspect(row, cuts), whole, `seed ${random.seed}`);
    assert.ok(!whole.isBroken && !whole.passed.includes(REFUSAL_TEXT));
  }
});

Deno.test("what is passed on is what came, in one piece and without a copy", () => {
  const framing = new RequestFraming();
  const bytes = Buffer.from(get("/a") + get("/b"));
  const [piece, ...more] = framing.take(bytes);
  assert.equal(piece, bytes);
  assert.equal(more.length, 0);
  assert.equal(framing.requests, 2);
});

Deno.test("a GET with a body gets a mark that no client can set", () => {
  const body = "GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  assert.equal(inspect(body).passed, `DEWY-BODY-${body}`);
  assert.equal(inspect(`DEWY-BODY-${body}`).passed, REFUSAL_TEXT);
  const post = body.replace("GET", "POST");
  assert.equal(inspect(post).passed, post);
});

Deno.test("a request that is refused comes after those before it", () => {
  const text = get("/a") + "GET /b HTTP/1.1\nHost: h\n\n" + get("/c");
  const { passed, requests } = inspect(text);
  assert.equal(passed, get("/a") + REFUSAL_TEXT);
  assert.equal(requests, 2);
});

Deno.test("a head may have 64 KiB and 128 headers", () => {
  const headers = (count: number) =>
    get("/", ...Array.from({ length: count }, (_, index) => `X-${index}: a`));
  // Host is one of them.
  assert.notEqual(inspect(headers(127)).passed, REFUSAL_TEXT);
  assert.equal(inspect(headers(128)).passed, REFUSAL_TEXT);
  const room = 64 * 1024 - get("/", "X-A: ").length;
  const longest = get("/", `X-A: ${"a".repeat(room)}`);
  assert.equal(inspect(longest).passed, longest);
  assert.equal(inspect(longest, [40_000]).passed, longest);
  const longer = get("/", `X-A: ${"a".repeat(room + 1)}`);
  assert.equal(inspect(longer).passed, REFUSAL_TEXT);
  assert.equal(inspect(longer, [40_000]).passed, REFUSAL_TEXT);
});

Deno.test("what is too long is refused as that, wherever it is cut", () => {
  const line = "GET / HTTP/1.1";
  const longest = `GET /${"a".repeat(16 * 1024 - line.length)} HTTP/1.1\r\n`;
  const status = (text: string, size: number) => {
    const framing = new RequestFraming();
    for (let at = 0; at < text.length; at += size) {
      framing.take(Buffer.from(text.slice(at, at + size)));
    }
    return framing.refused?.status;
  };
  for (const size of [100_000, 5_000, 16 * 1024, 16 * 1024 + 1]) {
    assert.equal(status(`\r\n${longest}Host: h\r\n\r\n`, size), undefined);
    assert.equal(status(longest.replace("/", "/a"), size), 414);
    assert.equal(status("a".repeat(20_000), size), 414);
    assert.equal(status(`${line}\r\nX: ${"a".repeat(70_000)}`, size), 431);
    assert.equal(status(get("/", ...Array(128).fill("A: b")), size), 431);
    assert.equal(status(`${line}\nHost: h\r\n\r\n`, size), 400);
  }
});

Deno.test("when it is no HTTP any more, bytes are passed on as they are", () => {
  const framing = new RequestFraming();
  framing.take(Buffer.from(get("/")));
  assert.equal(framing.take(Buffer.from("GET /h")).length, 0);
  assert.equal(Buffer.from(framing.release()).toString(), "GET /h");
  const bytes = Buffer.from("\n\n\0");
  assert.deepEqual(framing.take(bytes), [bytes]);
});

Deno.test("what could be said next goes on with the body, wherever it was left", () => {
  const head =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const body = "1f;a=b \r\n" + "x".repeat(31) +
    "\r\n2 ;c\r\nyy\r\n0\r\nX-A: b\r\n\r\n";
  for (const cut of everyByte(body)) {
    const framing = new RequestFraming();
    framing.take(Buffer.from(head + body.slice(0, cut)));
    const { filler } = framing;
    assert.notEqual(filler, "", `at ${cut}`);
    framing.take(Buffer.from(filler));
    assert.ok(!framing.isBroken, `at ${cut}: ${JSON.stringify(filler)}`);
  }
  assert.equal(new RequestFraming().filler, "");
});
