import assert from "node:assert/strict";
import { accessLine } from "../../../src/proxy/http/access_log.ts";
import type { ServedRequest } from "../../../src/proxy/http/served_request.ts";
import { redactUrl } from "../../../src/proxy/http/redact_url.ts";

const NOW = Date.UTC(2026, 0, 5, 3, 4, 5, 678);

/** `10/Oct/2000:13:55:36 -0700` as a reader of such logs understands it. */
function readTime(line: string): number {
  const [, date = ""] = /\[([^\]]+)\]/.exec(line) ?? [];
  const [day, month, year, hours, minutes, seconds, zone] = date.split(
    /[/: ]/,
  );
  return Date.parse(
    `${day} ${month} ${year} ${hours}:${minutes}:${seconds} ${zone}`,
  );
}

function served(
  url: string,
  headers: Record<string, string> = {},
  rest: Partial<ServedRequest> = {},
): ServedRequest {
  return {
    request: new Request(url, { headers }),
    method: "GET",
    isHttp2: false,
    address: "192.0.2.7",
    status: 200,
    bytes: 2326,
    durationMs: 12.3456,
    backend: "web-1",
    ...rest,
  };
}

Deno.test("a line is as Apache's combined format has it", () => {
  const line = accessLine(
    "combined",
    served("http://example.org/a%20b?x=1", {
      host: "example.org",
      referer: "https://example.org/start",
      "user-agent": "Mozilla/5.0 (X11)",
    }),
    NOW,
  );
  const fixed = line.replace(/\[.*?\]/, "[time]");
  assert.equal(
    fixed,
    '192.0.2.7 - - [time] "GET /a%20b?x=1 HTTP/1.1" 200 2326 ' +
      '"https://example.org/start" "Mozilla/5.0 (X11)"',
  );
  assert.match(
    line,
    /\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/,
  );
  assert.equal(readTime(line), Math.floor((NOW - 12) / 1_000) * 1_000);
});

Deno.test("what is not there is a hyphen", () => {
  const line = accessLine(
    "combined",
    served("http://example.org/", {}, { bytes: 0, status: 304 }),
    NOW,
  );
  assert.match(line, / "GET \/ HTTP\/1\.0" 304 - "-" "-"$/);
});

Deno.test("HTTP/2 is told by its missing Host", () => {
  const line = accessLine(
    "combined",
    served("https://example.org/", {}, { isHttp2: true }),
    NOW,
  );
  assert.match(line, /"GET \/ HTTP\/2\.0"/);
});

/** A request whose headers hold what no client can send through a parser. */
function hostile(value: string): ServedRequest {
  const headers = { get: () => value } as unknown as Headers;
  const url = `http://h/${value}`;
  const request = { method: value, url, headers } as unknown as Request;
  return { ...served("http://h/"), request, method: request.method };
}

const HOSTILE: readonly (readonly [string, string])[] = [
  ['a"b', 'a\\"b'],
  ["a\\b", "a\\\\b"],
  ["a\r\nb", "a\\r\\nb"],
  ["\t\b\v\x00\x1b[31m\x7f", "\\t\\b\\v\\x00\\x1b[31m\\x7f"],
  ["J\u00fcrgen\u0085", "J\\xfcrgen\\x85"],
  [
    "\u2028\u{1f680}\ud800",
    "\\xe2\\x80\\xa8\\xf0\\x9f\\x9a\\x80\\xef\\xbf\\xbd",
  ],
];
for (const [value, expected] of HOSTILE) {
  Deno.test(`no client can forge a line with ${JSON.stringify(value)}`, () => {
    const combined = accessLine("combined", hostile(value), NOW);
    assert.ok(combined.endsWith(`"${expected}" "${expected}"`), combined);
    assert.ok(combined.includes(`"${expected} /${expected} HTTP/1.1"`));
    const json = accessLine("json", hostile(value), NOW);
    assert.equal(JSON.parse(json).user_agent, value);
    for (const line of [combined, json]) {
      assert.match(line, /^[\x20-\x7e]+$/);
    }
  });
}

Deno.test("a JSON line has all there is to say", () => {
  const headers = {
    host: "example.org:8080",
    referer: "https://example.org/",
    "user-agent": "curl/8",
  };
  const line = accessLine("json", served("http://x/a?b=c", headers), NOW);
  assert.deepEqual(JSON.parse(line), {
    time: "2026-01-05T03:04:05.665Z",
    client: "192.0.2.7",
    method: "GET",
    host: "example.org:8080",
    target: "/a?b=c",
    protocol: "HTTP/1.1",
    status: 200,
    bytes: 2326,
    duration_ms: 12.346,
    backend: "web-1",
    referer: "https://example.org/",
    user_agent: "curl/8",
  });
});

Deno.test("a JSON line leaves out what nobody said", () => {
  const line = accessLine(
    "json",
    served("https://example.org/", {}, { backend: undefined, status: 503 }),
    NOW,
  );
  const { host, ...rest } = JSON.parse(line);
  assert.equal(host, "example.org");
  const names = "time client method target protocol status bytes duration_ms";
  assert.deepEqual(Object.keys(rest), names.split(" "));
});

Deno.test("a client cannot make a line as long as it likes", () => {
  const long = "x".repeat(60_000);
  const request = served(`http://h/${long}`, {
    referer: long,
    "user-agent": long,
  });
  for (const format of ["combined", "json"] as const) {
    assert.ok(accessLine(format, request, NOW).length < 25_000);
  }
});

const QUERIES: readonly (readonly [string, string])[] = [
  ["/a?token=abc&x=1", "/a?token=***&x=1"],
  ["/a?x=1&ACCESS_TOKEN=abc#f", "/a?x=1&ACCESS_TOKEN=***#f"],
  ["/a?key=1;secret=2&passWord=3", "/a?key=***;secret=***&passWord=***"],
  [
    "/a?X-Amz-Signature=1&X-Amz-Credential=2",
    "/a?X-Amz-Signature=***&X-Amz-Credential=***",
  ],
  ["/a?sig=1&design=2&sigma=3", "/a?sig=***&design=2&sigma=3"],
  ["/a?apiKey=1&api_key=2&idToken=3", "/a?apiKey=***&api_key=***&idToken=***"],
  [
    "/a?%74oken=1&user%5Bpassword%5D=2",
    "/a?%74oken=***&user%5Bpassword%5D=***",
  ],
  ["/a?user[password]=2&keys=3", "/a?user[password]=***&keys=3"],
  ["/a?token=a=b", "/a?token=***"],
  ["/token=1?x=%zz", "/token=1?x=%zz"],
  ["https://me:pw@h/a?b", "https://***@h/a?b"],
  ["https://h/a@b?c=d@e", "https://h/a@b?c=d@e"],
  [
    "https://h/cb#access_token=1&state=2",
    "https://h/cb#access_token=***&state=2",
  ],
];
for (const [url, expected] of QUERIES) {
  Deno.test(`secrets are masked in ${url}`, () => {
    assert.equal(redactUrl(url), expected);
    const request = served(`http://h/`, { referer: url });
    assert.ok(accessLine("combined", request, NOW).includes(`"${expected}"`));
    if (!url.startsWith("/")) return;
    const target = served(`http://h${url}`);
    const [shown] = expected.split("#");
    const line = accessLine("json", target, NOW);
    assert.ok(JSON.parse(line).target.startsWith(shown));
  });
}
