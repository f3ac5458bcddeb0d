import assert from "node:assert/strict";
import { accessLine } from "../../../src/proxy/http/access_log.ts";
import type { UnreadRequest } from "../../../src/proxy/http/served_request.ts";
import { eventually } from "../../support/eventually.ts";
import { HttpBackend, ok } from "../../support/http_backend.ts";
import { get, HttpBench } from "../../support/http_bench.ts";

const NOW = Date.UTC(2026, 0, 5, 3, 4, 5, 678);
const UNREAD: UnreadRequest = {
  address: "192.0.2.7",
  isHttp2: false,
  status: 400,
  bytes: 0,
  durationMs: 0,
  line: "",
};

function linesOf({ unread }: HttpBench): string[] {
  return unread.map(({ status, line }) => `${status} ${line}`);
}

const REFUSED: readonly (readonly [string, string])[] = [
  ["GET /a HTTP/1.1\nHost: h\n\n", "400 GET /a HTTP/1.1"],
  ["GET /a HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n", "400 GET /a HTTP/1.1"],
  ["\x16\x03\x01\x02\0\x01\0\n", "400 \x16\x03\x01\x02\0\x01\0"],
  ["CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "405 CONNECT h:80 HTTP/1.1"],
  [
    `GET /${"a".repeat(70_000)} HTTP/1.1\r\n`,
    `414 GET /${"a".repeat(8 * 1024 - 5)}`,
  ],
];

Deno.test("a head that is not passed on is in the log, with what its line said", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  for (const [bytes, line] of REFUSED) {
    for (const size of bytes.length > 1_000 ? [bytes.length] : [999, 7]) {
      await using bench = new HttpBench([backend.as()]);
      const client = await bench.connect();
      for (let at = 0; at < bytes.length; at += size) {
        await client.say(bytes.slice(at, at + size));
      }
      const { status, headers } = await client.answer();
      assert.equal(status, Number(line.slice(0, 3)));
      assert.ok(headers.includes("dewy-error: request-invalid"));
      assert.deepEqual(linesOf(bench), [line]);
      assert.deepEqual(bench.meter.failures, ["request-invalid"]);
      assert.deepEqual(bench.served, []);
    }
  }
});

Deno.test("a head that takes too long is in the log, a client that says nothing is not", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()], {
    limits: { headerTimeoutMs: 1_000 },
  });
  const slow = await bench.connect();
  const silent = await bench.connect();
  await slow.say("GET /slow HTTP/1.1\r\nHost: h\r\nX-A: ");
  const { status, headers } = await slow.answer();
  assert.equal(status, 408);
  assert.ok(headers.includes("dewy-error: request-invalid"));
  assert.match(await silent.rest(), /^HTTP\/1\.1 408 /);
  assert.deepEqual(linesOf(bench), ["408 GET /slow HTTP/1.1"]);
  assert.deepEqual(bench.meter.failures, ["request-invalid"]);
});

Deno.test("a client too many is in the log", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()], {
    limits: { maxConnections: 1 },
  });
  const first = await bench.connect();
  await first.ask(get());
  const second = await bench.connect();
  const { status, headers } = await second.answer();
  assert.equal(status, 503);
  assert.ok(headers.includes("retry-after: 1"));
  await eventually(() => bench.unread.length === 1, { message: "it is told" });
  assert.deepEqual(linesOf(bench), ["503 "]);
});

Deno.test("a handshake of a WebSocket that no backend is asked for is counted and in the log", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  const { status, headers } = await client.ask(get(
    "/ws",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 12",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ));
  assert.equal(status, 426);
  assert.ok(headers.includes("sec-websocket-version: 13"));
  assert.deepEqual(bench.served.map(({ status }) => status), [426]);
  assert.deepEqual(bench.meter.failures, ["request-invalid"]);
});

Deno.test("what could not be read is one line in either format, escaped and masked", () => {
  const hostile = { ...UNREAD, line: 'GET /?token=abc "\x1b[2J\xff' };
  assert.match(
    accessLine("combined", hostile, NOW),
    /^192\.0\.2\.7 - - \[.*\] "GET \/\?token=\*\*\*" 400 - "-" "-"$/,
  );
  assert.deepEqual(JSON.parse(accessLine("json", hostile, NOW)), {
    time: "2026-01-05T03:04:05.678Z",
    client: "192.0.2.7",
    line: "GET /?token=***",
    status: 400,
    bytes: 0,
  });
  const escape = accessLine("combined", { ...UNREAD, line: '"\x1b\xff' }, NOW);
  assert.match(escape, /"\\"\\x1b\\xff" 400/);
  assert.match(accessLine("combined", UNREAD, NOW), /\] "-" 400 - "-" "-"$/);
  assert.ok(!accessLine("json", UNREAD, NOW).includes("line"));
});
