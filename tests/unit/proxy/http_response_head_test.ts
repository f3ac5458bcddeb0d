import assert from "node:assert/strict";
import { BackendFault } from "../../../src/proxy/http/fault.ts";
import {
  parseResponseHead,
  type ResponseHead,
} from "../../../src/proxy/http/response_head.ts";

const OK = "HTTP/1.1 200 OK";

function parse(lines: readonly string[], method = "GET"): ResponseHead {
  return parseResponseHead(lines.join("\r\n"), method);
}

function assertRefused(lines: readonly string[], method = "GET"): void {
  assert.throws(
    () => parse(lines, method),
    (error) =>
      error instanceof BackendFault && error.reason === "backend-invalid",
    JSON.stringify(lines),
  );
}

Deno.test("a plain head is read with its headers in order", () => {
  const head = parse([
    "HTTP/1.1 201 Created now",
    "Content-Type: text/plain",
    "Content-Length: 5",
    "Set-Cookie: a=1",
    "Set-Cookie: b=2",
    "X-Blank:",
    "X-Spaced: \t two  words \t",
  ]);
  assert.equal(head.status, 201);
  assert.deepEqual(head.headers, [
    ["content-type", "text/plain"],
    ["content-length", "5"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["x-blank", ""],
    ["x-spaced", "two  words"],
  ]);
  assert.deepEqual(head.framing, { kind: "length", bytes: 5 });
  assert.ok(head.keepsAlive);
  assert.equal(head.keepAliveSeconds, undefined);
});

Deno.test("values keep every byte above 127, also one that is a blank in Latin-1", () => {
  // "voilà" in UTF-8 ends with the byte of a no-break space.
  const { headers } = parse([OK, "X-A: voil\xc3\xa0", "X-B: \xa0\xff\x80"]);
  assert.deepEqual(headers, [["x-a", "voil\xc3\xa0"], [
    "x-b",
    "\xa0\xff\x80",
  ]]);
});

Deno.test("what is no status line is refused", () => {
  const lines = [
    "",
    "HTTP/1.1",
    "HTTP/1.1 20",
    "HTTP/1.1 2000",
    "HTTP/1.1 600 Odd",
    "HTTP/1.1 099 Odd",
    "HTTP/1.1  200 OK",
    "HTTP/1.2 200 OK",
    "HTTP/2 200",
    "http/1.1 200 OK",
    " HTTP/1.1 200 OK",
    "ICY 200 OK",
    "HTTP/1.1 200 OK\nX: y",
    "HTTP/1.1 200 O\0K",
    "<html>",
  ];
  for (const line of lines) assertRefused([line]);
  for (const line of ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.0 200 Fine"]) {
    assert.equal(parse([line]).status, 200);
  }
});

Deno.test("what is no header is refused", () => {
  const lines = [
    "",
    "Name",
    ": value",
    "Name : value",
    "Name\t: value",
    " Name: value",
    "\tName: value",
    "Na me: value",
    "N\xe4me: value",
    "N(: value",
    "Name: a\nSet-Cookie: b",
    "Name: a\rSet-Cookie: b",
    "Name: a\0b",
    "Name: a\x01b",
    "Name: a\x1bb",
    "Name: a\x7fb",
  ];
  for (const line of lines) assertRefused([OK, line, "X: y"]);
  // A fold: one reader takes it for a part of the header before, another not.
  assertRefused([OK, "Name: a", " b"]);
  assertRefused([OK, "Transfer-Encoding:", "\tchunked"]);
});

Deno.test("framing that two readers could take for different things is refused", () => {
  const cases = [
    ["Content-Length: 3", "Content-Length: 4"],
    ["Content-Length: 3, 3"],
    ["Content-Length: +3"],
    ["Content-Length: -3"],
    ["Content-Length: 0x3"],
    ["Content-Length: 3a"],
    ["Content-Length:"],
    ["Content-Length: 9999999999999999"],
    ["Content-Length: 3", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked", "Content-Length: 3"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Transfer-Encoding: chunked, identity"],
    ["Transfer-Encoding: identity"],
    ["Transfer-Encoding: xchunked"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding:"],
    ["Transfer-Encoding: \x0bchunked"],
  ];
  for (const lines of cases) {
    assertRefused([OK, ...lines]);
    assertRefused([OK, ...lines], "HEAD");
  }
  assertRefused(["HTTP/1.0 200 OK", "Transfer-Encoding: chunked"]);
});

Deno.test("the end of the body is found as RFC 9112 says", () => {
  const framing = (lines: readonly string[], method?: string) =>
    parse(lines, method).framing;
  assert.deepEqual(framing([OK]), { kind: "until-close" });
  assert.deepEqual(framing([OK, "Content-Length: 0"]), { kind: "none" });
  assert.deepEqual(framing([OK, "Transfer-Encoding: Chunked"]), {
    kind: "chunked",
  });
  const twice = [OK, "Content-Length: 3", "Content-Length: 3"];
  assert.deepEqual(framing(twice), { kind: "length", bytes: 3 });
  assert.deepEqual(parse(twice).headers, [["content-length", "3"]]);
  assert.deepEqual(framing([OK, "Content-Length: 3"], "HEAD"), {
    kind: "none",
  });
  assert.deepEqual(framing([OK], "HEAD"), { kind: "none" });
  for (const status of [100, 103, 204, 304]) {
    const lines = [`HTTP/1.1 ${status} Word`, "Content-Length: 3"];
    assert.deepEqual(framing(lines), { kind: "none" });
  }
});

Deno.test("a 204 loses its length and, where a body may follow, the connection", () => {
  const head = (...lines: string[]) => parse(["HTTP/1.1 204 None", ...lines]);
  assert.deepEqual(head("Content-Length: 3", "ETag: x").headers, [[
    "etag",
    "x",
  ]]);
  assert.ok(!head("Content-Length: 3").keepsAlive);
  assert.ok(!head("Transfer-Encoding: chunked").keepsAlive);
  assert.deepEqual(head("Content-Length: 0").headers, []);
  assert.ok(head("Content-Length: 0").keepsAlive);
  assert.ok(head().keepsAlive);
  const notModified = parse(["HTTP/1.1 304 Same", "Content-Length: 9"]);
  assert.deepEqual(notModified.headers, [["content-length", "9"]]);
  assert.ok(notModified.keepsAlive);
});

Deno.test("headers of one hop are taken out, also those that Connection names", () => {
  const { headers } = parse([
    OK,
    "Connection: keep-alive, X-Hop",
    "Connection: Content-Length, Set-Cookie",
    "Content-Length: 3",
    "Keep-Alive: timeout=5",
    "Proxy-Authenticate: Basic",
    "Trailer: X",
    "Upgrade: h2c",
    "X-Hop: gone",
    "Set-Cookie: gone",
    "X-End: stays",
  ]);
  assert.deepEqual(headers, [["content-length", "3"], ["x-end", "stays"]]);
});

Deno.test("whether the connection stays open is told by version and Connection", () => {
  const keeps = (version: string, ...lines: string[]) =>
    parse([`HTTP/${version} 200 OK`, "Content-Length: 3", ...lines]).keepsAlive;
  assert.ok(keeps("1.1"));
  assert.ok(!keeps("1.1", "Connection: close"));
  assert.ok(!keeps("1.1", "Connection: X-A, Close"));
  assert.ok(keeps("1.1", "Connection: keep-alive"));
  assert.ok(!keeps("1.0"));
  assert.ok(keeps("1.0", "Connection: keep-alive"));
  assert.ok(!keeps("1.0", "Connection: Keep-Alive, close"));
  assert.ok(!parse([OK]).keepsAlive);
});

Deno.test("the time that the backend keeps a connection is read", () => {
  const seconds = (value: string) =>
    parse([OK, `Keep-Alive: ${value}`]).keepAliveSeconds;
  assert.equal(seconds("timeout=5"), 5);
  assert.equal(seconds("max=100, Timeout=72"), 72);
  assert.equal(seconds("max=100"), undefined);
  assert.equal(seconds("timeout=x"), undefined);
});
