import assert from "node:assert/strict";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { HttpBench } from "../support/http_bench.ts";
import { type RawStream, sayStream } from "../support/http2_frames.ts";
import { BODY, POISON } from "../support/smuggling_corpus.ts";
import { Http2Client, issue } from "../support/tls_bench.ts";

const ISSUED = await issue();

type Fields = RawStream["fields"];

function stream(method: string, more: Fields, body?: string): RawStream {
  const fields: Fields = [
    [":method", method],
    [":scheme", "https"],
    [":path", "/x"],
    [":authority", "h"],
    ...more,
  ];
  return { fields, ...(body === undefined ? {} : { body }) };
}

/** The same with another value of one field. */
function withField(name: string, value: string): RawStream {
  const { fields } = stream("GET", []);
  return {
    fields: fields.map((field) => field[0] === name ? [name, value] : field),
  };
}

/** Streams of which no backend may see a whole request. */
const REFUSED: Readonly<Record<string, RawStream>> = {
  "a body beyond its length": stream(
    "POST",
    [["content-length", "3"]],
    `abc${POISON}`,
  ),
  "a body beyond its length of 0": stream(
    "POST",
    [["content-length", "0"]],
    POISON,
  ),
  "a body short of its length": stream(
    "POST",
    [["content-length", "100"]],
    "abc",
  ),
  "a length without a body": stream("POST", [["content-length", "3"]]),
  "two lengths": stream(
    "POST",
    [["content-length", "3"], ["content-length", "51"]],
    `abc${POISON}`,
  ),
  "a length with a sign": stream("POST", [["content-length", "+3"]], "abc"),
  "a transfer coding": stream(
    "POST",
    [["transfer-encoding", "chunked"]],
    `0\r\n\r\n${POISON}`,
  ),
  "a transfer coding and a length": stream(
    "POST",
    [["transfer-encoding", "chunked"], ["content-length", `${BODY.length}`]],
    BODY,
  ),
  "a header of one connection": stream("GET", [["connection", "keep-alive"]]),
  "an upgrade": stream("GET", [["upgrade", "websocket"]]),
  "a line end in a value": stream("GET", [["x-a", `b\r\n\r\n${POISON}`]]),
  "LF in a value": stream("GET", [["x-a", "b\nx-b: c"]]),
  "CR in a value": stream("GET", [["x-a", "b\rx-b: c"]]),
  "NUL in a value": stream("GET", [["x-a", "b\0c"]]),
  "a line end in a name": stream("GET", [["x-a: b\r\nx-b", "c"]]),
  "a colon in a name": stream("GET", [["x-a: b", "c"]]),
  "a blank in a name": stream("GET", [["x a", "b"]]),
  "capitals in a name": stream("GET", [["X-A", "b"]]),
  "a name without characters": stream("GET", [["", "b"]]),
  "a line end in the path": withField(":path", `/x HTTP/1.1\r\n\r\n${POISON}`),
  "a blank in the path": withField(":path", "/x HTTP/1.1"),
  "LF in the path": withField(":path", "/x\ny"),
  "a byte beyond ASCII in the path": withField(":path", "/\xff"),
  "an empty path": withField(":path", ""),
  "a line end in the method": withField(
    ":method",
    "GET /poison HTTP/1.1\r\nx:",
  ),
  "a blank in the method": withField(":method", "GET /poison"),
  "a line end in the authority": withField(":authority", "h\r\nx-a: b"),
  "a path in the authority": withField(":authority", "h/poison"),
  "a user in the authority": withField(":authority", "u@h"),
  "another Host": stream("GET", [["host", "b"]]),
  "two paths": stream("GET", [[":path", "/poison"]]),
  "a pseudo-header behind others": stream("GET", [
    ["x-a", "b"],
    [":path", "/poison"],
  ]),
  "an unknown pseudo-header": stream("GET", [[":x", "b"]]),
  "CONNECT": {
    fields: [[":method", "CONNECT"], [":authority", "h:80"]],
  },
  "TRACE": withField(":method", "TRACE"),
};

/** Streams of which a backend sees just these requests: line, and body. */
const PASSED: Readonly<Record<string, readonly [RawStream, string]>> = {
  "a request within a body": [
    stream("POST", [["content-length", `${POISON.length}`]], POISON),
    `POST /x HTTP/1.1 ${POISON}`,
  ],
  "a body without a length": [
    stream("POST", [], POISON),
    `POST /x HTTP/1.1 ${POISON}`,
  ],
  "what looks like chunks": [
    stream("POST", [], BODY),
    `POST /x HTTP/1.1 ${BODY}`,
  ],
  "a path without a slash": [withField(":path", "x"), "GET /x HTTP/1.1 "],
  "the same Host": [stream("GET", [["host", "h"]]), "GET /x HTTP/1.1 "],
};

/** What came of a stream. */
interface Seen {
  /** Whole requests: line, and body. */
  readonly requests: readonly string[];
  /** All that came over the backend's connections. */
  readonly wire: string;
}

/** Has a stream said, and returns what the backend saw of it. */
async function seen(said: RawStream): Promise<Seen> {
  using backend = new HttpBackend(() => ok("fine"));
  backend.wire = "";
  await using bench = new HttpBench([backend.as()], { certificate: ISSUED });
  const end = await sayStream(bench.port, ISSUED.ca, said);
  // Whatever of it reached a backend has not spoiled a connection.
  await using client = await Http2Client.open(
    `https://localhost:${bench.port}`,
    ISSUED.ca,
  );
  assert.deepEqual(await client.get("/after"), { status: 200, body: "fine" });
  assert.deepEqual(bench.events, [], end);
  for (const { headers } of backend.requests) {
    for (const header of headers) {
      assert.match(header, /^[a-z0-9-]+: [^\0\r\n]*$/);
    }
    const count = (name: string) =>
      headers.filter((header) => header.startsWith(`${name}: `)).length;
    assert.equal(count("host"), 1);
    assert.ok(count("content-length") + count("transfer-encoding") <= 1);
  }
  const requests = backend.requests.map(({ line, body }) => `${line} ${body}`);
  assert.equal(requests.pop(), "GET /after HTTP/1.1 ");
  return { requests, wire: backend.wire };
}

for (const [name, said] of Object.entries(REFUSED)) {
  Deno.test(`refused over HTTP/2: ${name}`, async () => {
    const { requests, wire } = await seen(said);
    assert.deepEqual(requests, []);
    // Not even within what was cut off.
    assert.doesNotMatch(wire, /poison/i);
  });
}

for (const [name, [said, expected]] of Object.entries(PASSED)) {
  Deno.test(`passed over HTTP/2: ${name}`, async () => {
    const { requests } = await seen(said);
    assert.deepEqual(requests, [expected]);
  });
}
