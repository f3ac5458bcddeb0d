import assert from "node:assert/strict";
import {
  type ClientFacts,
  type OutboundHead,
  outboundHead,
  RequestRefusal,
} from "../../../src/proxy/http/outbound.ts";
import { STREAM_MARK } from "../../../src/proxy/http/stream_mark.ts";

const CLIENT: ClientFacts = {
  address: "192.0.2.1",
  scheme: "http",
  isTrusted: false,
  isHttp2: false,
};
const TRUSTED: ClientFacts = { ...CLIENT, isTrusted: true };

/** What the HTTP server gives the plane; `Request` itself would tidy the target up. */
function requestOf(
  method: string,
  url: string,
  headers: readonly [string, string][] = [],
  body: string | null = null,
): Request {
  const content = body === null ? null : new Blob([body]).stream();
  return new Proxy(new Request("http://unused"), {
    get: (_, key) =>
      ({
        method,
        url,
        headers: new Headers(headers as [string, string][]),
        body: content,
      })[String(key)],
  });
}

function textOf(head: OutboundHead | RequestRefusal): string {
  assert.ok(!(head instanceof RequestRefusal), "It is refused");
  return String.fromCharCode(...head.bytes);
}

function linesOf(
  headers: readonly [string, string][],
  client = CLIENT,
  url = "http://example.com/",
): string[] {
  const text = textOf(outboundHead(requestOf("GET", url, headers), client));
  assert.ok(text.endsWith("\r\n\r\n"));
  return text.slice(0, -4).split("\r\n");
}

function assertRefused(request: Request, status: number): void {
  const head = outboundHead(request, CLIENT);
  assert.ok(head instanceof RequestRefusal);
  assert.equal(head.status, status);
}

Deno.test("a request goes on with its headers and who asked", () => {
  assert.deepEqual(
    linesOf([["host", "example.com"], ["accept", "*/*"], ["x-a", "1, 2"]]),
    [
      "GET / HTTP/1.1",
      "host: example.com",
      "accept: */*",
      "x-a: 1, 2",
      "x-forwarded-for: 192.0.2.1",
      "x-forwarded-proto: http",
      "x-forwarded-host: example.com",
      "via: 1.1 dewy",
    ],
  );
});

Deno.test("headers of one hop stay here, also those that Connection names", () => {
  const lines = linesOf([
    ["host", "example.com"],
    ["connection", "close, X-Hop ,Content-Length, Host, Transfer-Encoding"],
    ["x-hop", "gone"],
    ["keep-alive", "timeout=5"],
    ["proxy-authorization", "Basic eA=="],
    ["proxy-connection", "keep-alive"],
    ["te", "trailers"],
    ["trailer", "X-Sum"],
    ["upgrade", "h2c"],
    ["expect", "something"],
    ["x-end", "stays"],
  ]);
  assert.deepEqual(lines.slice(1, -4), ["host: example.com", "x-end: stays"]);
});

Deno.test("what a peer says of earlier hops counts only when it is trusted", () => {
  const headers: [string, string][] = [
    ["host", "example.com"],
    ["forwarded", "for=203.0.113.9"],
    ["x-forwarded-for", "203.0.113.9, 198.51.100.2"],
    ["x-forwarded-proto", "https"],
    ["x-forwarded-host", "shop.example"],
    ["via", "1.1 front"],
  ];
  assert.deepEqual(linesOf(headers).slice(2), [
    "x-forwarded-for: 192.0.2.1",
    "x-forwarded-proto: http",
    "x-forwarded-host: example.com",
    "via: 1.1 front, 1.1 dewy",
  ]);
  assert.deepEqual(linesOf(headers, TRUSTED).slice(2), [
    "forwarded: for=203.0.113.9",
    "x-forwarded-for: 203.0.113.9, 198.51.100.2, 192.0.2.1",
    "x-forwarded-proto: https",
    "x-forwarded-host: shop.example",
    "via: 1.1 front, 1.1 dewy",
  ]);
});

Deno.test("what came over HTTP/2 says so, and has no more than 128 headers", () => {
  const client = { ...CLIENT, isHttp2: true };
  const headers = (count: number) =>
    Array.from({ length: count }, (_, at): [string, string] => [`x-${at}`, ""]);
  const marked: [string, string] = [STREAM_MARK, "1"];
  const lines = linesOf([...headers(128), marked], client);
  assert.ok(lines.includes("via: 2.0 dewy"));
  const request = requestOf("GET", "http://h/", headers(129));
  const refused = outboundHead(request, client);
  assert.ok(refused instanceof RequestRefusal);
  assert.equal(refused.status, 431);
  assert.ok(!(outboundHead(request, CLIENT) instanceof RequestRefusal));
});

Deno.test("the target goes on byte for byte", () => {
  const targets = [
    "/a/../b//c/./",
    "//other/host",
    "/%2e%2e/%zz?a=b?c&d",
    '/a|b"c{d}\\e<f>^`',
    "/;a=b,c:d@e!$&'()*+=",
    "/?",
  ];
  for (const target of targets) {
    const [line] = linesOf([["host", "h"]], CLIENT, `http://h${target}`);
    assert.equal(line, `GET ${target} HTTP/1.1`);
  }
  const [cut] = linesOf([["host", "h"]], CLIENT, "http://h/a?b#c");
  assert.equal(cut, "GET /a?b HTTP/1.1");
  const options = requestOf("OPTIONS", "http://h/*", [["host", "h"]]);
  const text = textOf(outboundHead(options, CLIENT));
  assert.ok(text.startsWith("OPTIONS * HTTP/1.1\r\nhost: h\r\n"));
});

Deno.test("nothing that the platform may show as a character beyond ASCII gets into the first lines", () => {
  // Cut to one byte each these would be a line end.
  const end = "\u010d\u010a";
  for (const url of [`http://h/${end}x`, "http://h/\xe9", "http://h/a b"]) {
    assertRefused(requestOf("GET", url, [["host", "h"]]), 400);
  }
  assertRefused(requestOf("GET", `http://h${end}x/`), 400);
});

Deno.test("Host has to be one and the one that the target names", () => {
  const ask = (host: string, authority = host) =>
    requestOf("GET", `http://${authority}/`, [["host", host]]);
  const good = ["h", "h:1", "a-b.example:65535", "[::1]:80", "10.0.0.1", "a_b"];
  for (const host of good) {
    assert.ok(!(outboundHead(ask(host), CLIENT) instanceof RequestRefusal));
  }
  const bad = ["", "a b", "a@b", "a:123456", "a:", "[::1", "u:p@a", "a?x"];
  for (const host of bad) assertRefused(ask(host), 400);
  assertRefused(ask("a", "b"), 400);
  assertRefused(ask("a/b", "a"), 400);
  assertRefused(requestOf("GET", "http://a?x", [["host", "a"]]), 400);
  const [, host] = linesOf([], CLIENT, "http://from.target/");
  assert.equal(host, "host: from.target");
});

Deno.test("CONNECT and TRACE are not for this proxy", () => {
  for (const method of ["CONNECT", "TRACE"]) {
    assertRefused(requestOf(method, "http://h/", [["host", "h"]]), 405);
  }
});

Deno.test("values go on byte for byte", () => {
  const lines = linesOf([["host", "example.com"], [
    "x-a",
    "caf\xe9 \xff\x80\xa0x",
  ]]);
  assert.ok(lines.includes("x-a: caf\xe9 \xff\x80\xa0x"));
});

Deno.test("the body is framed in one plain way", () => {
  const framing = (
    method: string,
    body: string | null,
    ...headers: [string, string][]
  ) => {
    const all: [string, string][] = [["host", "h"], ...headers];
    const request = requestOf(method, "http://h/", all, body);
    const head = outboundHead(request, CLIENT);
    const text = textOf(head);
    assert.ok(!(head instanceof RequestRefusal));
    const said = text.split("\r\n").filter((line) =>
      /^(?:content-length|transfer-encoding):/.test(line)
    );
    return [head.body, ...said];
  };
  assert.deepEqual(framing("POST", "abc", ["content-length", "3"]), [
    3,
    "content-length: 3",
  ]);
  assert.deepEqual(framing("POST", "", ["content-length", "0"]), [
    undefined,
    "content-length: 0",
  ]);
  assert.deepEqual(framing("GET", null, ["content-length", "0"]), [
    undefined,
    "content-length: 0",
  ]);
  const chunked = ["chunked", "transfer-encoding: chunked"];
  assert.deepEqual(
    framing("PUT", "abc", ["transfer-encoding", "Chunked"]),
    chunked,
  );
  for (const method of ["GET", "HEAD", "OPTIONS", "DELETE", "POST"]) {
    const body = method === "GET" || method === "HEAD" ? null : "";
    assert.deepEqual(framing(method, body), [undefined]);
  }
  // Over HTTP/2 there may be a body without a word; the gate marks such streams.
  const overHttp2 = (...headers: [string, string][]) => {
    const deleting = requestOf("DELETE", "http://h/", headers, "abc");
    return textOf(outboundHead(deleting, { ...CLIENT, isHttp2: true }));
  };
  const marked = overHttp2([STREAM_MARK, "1"]);
  assert.ok(marked.includes("\r\ntransfer-encoding: chunked\r\n"));
  assert.ok(!marked.includes(STREAM_MARK), "no backend gets the mark");
  assert.doesNotMatch(overHttp2(), /transfer-encoding|content-length/);
});

Deno.test("framing that could be taken for another is refused", () => {
  const cases: [string, string][][] = [
    [["content-length", "3, 3"]],
    [["content-length", "+3"]],
    [["content-length", ""]],
    [["content-length", "1234567890123456"]],
    [["transfer-encoding", "gzip, chunked"]],
    [["transfer-encoding", "identity"]],
    [["transfer-encoding", "chunked"], ["content-length", "3"]],
  ];
  for (const headers of cases) {
    const all: [string, string][] = [["host", "h"], ...headers];
    assertRefused(requestOf("POST", "http://h/", all, "abc"), 400);
  }
});

Deno.test("a body that the platform does not show is refused, or the backend would wait for it", () => {
  for (const method of ["GET", "HEAD"]) {
    for (
      const header of [["content-length", "3"], [
        "transfer-encoding",
        "chunked",
      ]] satisfies [string, string][]
    ) {
      assertRefused(
        requestOf(method, "http://h/", [["host", "h"], header]),
        400,
      );
    }
  }
});

Deno.test("only a body is worth a go-ahead", () => {
  const expects = (headers: [string, string][], body: string | null) => {
    const all: [string, string][] = [["host", "h"], ...headers];
    const head = outboundHead(requestOf("PUT", "http://h/", all, body), CLIENT);
    assert.ok(!(head instanceof RequestRefusal));
    return [
      head.expectsContinue,
      String.fromCharCode(...head.bytes).includes("expect: 100-continue\r\n"),
    ];
  };
  const yes: [string, string] = ["expect", "100-Continue"];
  assert.deepEqual(expects([yes, ["content-length", "3"]], "abc"), [
    true,
    true,
  ]);
  assert.deepEqual(expects([yes, ["content-length", "0"]], ""), [false, false]);
  assert.deepEqual(
    expects([["expect", "x"], ["content-length", "3"]], "abc"),
    [false, false],
  );
});

Deno.test("who asked is believed of nobody else, however it is written", () => {
  const claims: [string, string][] = [
    ["x-forwarded-port", "1"],
    ["x-forwarded-user", "root"],
    ["x_forwarded_for", "203.0.113.9"],
    ["x-forwarded_proto", "https"],
    ["x_forwarded-host", "shop.example"],
    ["x-real-ip", "203.0.113.9"],
    ["x_real_ip", "203.0.113.9"],
  ];
  const others: [string, string][] = [
    ["x-forwarded", "stays"],
    ["x-real-ip-seen", "stays"],
    ["x_request_id", "stays"],
  ];
  const headers = [["host", "example.com"], ...claims, ...others] as const;
  const given = headers.map(([name, value]): [string, string] => [name, value]);
  const lines = linesOf(given);
  for (const [name, value] of claims) {
    assert.ok(!lines.includes(`${name}: ${value}`), name);
  }
  for (const [name] of others) assert.ok(lines.includes(`${name}: stays`));
  assert.ok(lines.includes("x-forwarded-for: 192.0.2.1"));
  const believed = linesOf(given, TRUSTED);
  assert.ok(believed.includes("x-forwarded-port: 1"));
  assert.ok(believed.includes("x-real-ip: 203.0.113.9"));
});
