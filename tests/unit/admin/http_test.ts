import assert from "node:assert/strict";
import { AdminBench, TOKEN } from "../../support/admin_bench.ts";
import { eventually } from "../../support/eventually.ts";

const HEAD = "POST /api/v1/actions/hold HTTP/1.1\r\nHost: localhost\r\n" +
  `Authorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`;

Deno.test("a body of more than 64 KiB is refused by its length, and by what comes", async () => {
  await using bench = new AdminBench();
  const announced = await bench.raw(`${HEAD}Content-Length: 70000\r\n\r\n`);
  assert.match(announced, /^HTTP\/1\.1 413 /);
  const chunk = `${(32_000).toString(16)}\r\n${" ".repeat(32_000)}\r\n`;
  const chunked = await bench.raw(
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}`,
  );
  assert.match(chunked, /^HTTP\/1\.1 413 /);
  assert.deepEqual(bench.operations.acted, []);
  const largest = JSON.stringify({ reason: "x" }).padEnd(64 * 1024);
  const accepted = await bench.raw(
    `${HEAD}Content-Length: ${largest.length}\r\n\r\n${largest}`,
  );
  assert.match(accepted, /^HTTP\/1\.1 200 /);
});

Deno.test("a body that never comes is not waited for", async () => {
  await using bench = new AdminBench({ limits: { bodyMs: 200 } });
  const answer = await bench.raw(`${HEAD}Content-Length: 20\r\n\r\n{`);
  assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.deepEqual(bench.operations.acted, []);
  assert.deepEqual(bench.defects, []);
});

Deno.test("a client that breaks off in its body leaves nothing behind", async () => {
  await using bench = new AdminBench();
  const connection = await Deno.connect({ port: bench.port });
  await connection.write(
    new TextEncoder().encode(`${HEAD}Content-Length: 20\r\n\r\n{`),
  );
  connection.close();
  assert.equal((await bench.act("hold")).status, 200);
  assert.equal(bench.operations.acted.length, 1);
  assert.deepEqual(bench.defects, []);
});

for (const start of ["", "GET / HTTP/1.1\r\nHost: localhost\r\n"]) {
  Deno.test(`a client that says ${start === "" ? "nothing" : "half a head"} is cut off`, async () => {
    await using bench = new AdminBench({ limits: { headMs: 200 } });
    assert.equal(await bench.raw(start), "");
  });
}

Deno.test("clients that take too long do not keep others out for ever", async () => {
  await using bench = new AdminBench({
    limits: { maxConnections: 2, headMs: 300 },
  });
  await using stack = new AsyncDisposableStack();
  for (let at = 0; at < 6; at++) {
    const silent = await Deno.connect({ port: bench.port });
    stack.defer(() => silent.close());
  }
  const response = await fetch(bench.url("/api/status"));
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("a head that is too large, or no HTTP at all, is refused", async () => {
  await using bench = new AdminBench();
  const large = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${
    "x".repeat(20_000)
  }\r\n\r\n`;
  assert.match(await bench.raw(large), /^HTTP\/1\.1 400 /);
  assert.match(await bench.raw("\x16\x03\x01\x02\x00\x01"), /^HTTP\/1\.1 400 /);
  const both =
    `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`;
  assert.match(await bench.raw(both), /^HTTP\/1\.1 400 /);
  assert.deepEqual(bench.operations.acted, []);
});

const TRICKS = [
  "/api/v1/../v1/status",
  "/api/v1/actions/../status",
  "//api/v1/status",
  "/api//v1/status",
  "/api/v1/status/",
  "/api/v1/%73tatus",
  "/api/v1/actions/restart%00",
  "/api/v1/actions/restart/",
  "/api/v1/actions/__proto__",
  "/api/v1/actions/constructor",
  "/api/v1/actions/",
  "/API/v1/status",
  "/api/v1/status;x",
  "/../../etc/passwd",
  "http://localhost/../api/v1/status",
  "https://localhost/api/v1/status",
  "*",
];
for (const path of TRICKS) {
  Deno.test(`the path ${path} leads nowhere`, async () => {
    await using bench = new AdminBench();
    for (const method of ["GET", "POST"]) {
      const answer = await bench.raw(
        `${
          HEAD.replace(/^\S+ \S+/, `${method} ${path}`)
        }Content-Length: 2\r\n\r\n{}`,
      );
      assert.match(answer, /^HTTP\/1\.1 40[045] /);
    }
    assert.deepEqual(bench.operations.acted, []);
    assert.deepEqual(bench.defects, []);
  });
}

Deno.test("a whole URL as the target is taken, and its name counts in place of the header's", async () => {
  await using bench = new AdminBench();
  const ask = (url: string, host: string) =>
    bench.raw(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const status = "/api/status?x=1";
  assert.match(await ask(`http://localhost${status}`, "x"), /^HTTP\/1\.1 200 /);
  for (const name of ["evil.example", "localhost@evil.example", ""]) {
    const answer = await ask(`http://${name}${status}`, "localhost");
    assert.match(answer, /^HTTP\/1\.1 403 /);
  }
});

Deno.test("a query is no part of the path", async () => {
  await using bench = new AdminBench();
  const response = await fetch(bench.url("/api/status?x=/../y"));
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("a second request on one connection is not heard", async () => {
  await using bench = new AdminBench();
  const one = `${HEAD}Content-Length: 2\r\n\r\n{}`;
  const answer = await bench.raw(one + one);
  assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
  assert.match(answer, /\r\nconnection: close\r\n/i);
  assert.equal(bench.operations.acted.length, 1);
});

Deno.test("every answer says that it is for nobody else", async () => {
  await using bench = new AdminBench();
  const paths = [
    "/api/status",
    "/api/v1/status",
    "/nowhere",
    "/api/v1/nowhere",
  ];
  for (const path of paths) {
    const { headers, body } = await fetch(bench.url(path));
    await body?.cancel();
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.match(
      headers.get("content-security-policy") ?? "",
      /^default-src 'none'.*frame-ancestors 'none'/,
    );
    assert.equal(headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("a defect is told, and the client gets no detail of it", async () => {
  await using bench = new AdminBench();
  bench.operations.refusal = new TypeError("at /root/secret.ts");
  const response = await bench.act("restart");
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.deepEqual(bench.defects, [bench.operations.refusal]);
});

Deno.test("disposing waits for nobody who follows the events", async () => {
  const bench = new AdminBench();
  const response = await fetch(bench.url("/api/v1/events"));
  await eventually(() => bench.events.followers === 1, {
    message: "it follows",
  });
  const startedAt = performance.now();
  await bench[Symbol.asyncDispose]();
  assert.ok(performance.now() - startedAt < 5_000);
  assert.match(await response.text(), /^retry: /);
  await assert.rejects(fetch(bench.url("/api/status")));
});
