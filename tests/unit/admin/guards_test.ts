import assert from "node:assert/strict";
import { AdminBench, TOKEN } from "../../support/admin_bench.ts";

const FORM = "version=v6.6.6";

/** Asks as a browser would, with the headers given, by hand: fetch() sets its own. */
async function ask(
  bench: AdminBench,
  line: string,
  headers: Readonly<Record<string, string>>,
  body = "",
): Promise<string> {
  const lines = Object.entries({
    "content-length": String(body.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return await bench.raw(`${line} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

const FOREIGN_HOSTS = [
  "evil.example",
  "evil.example:17539",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "127.0.0.1@evil.example",
  "127.0.0.2",
  "0.0.0.0",
  "localhost:80:80",
  "[::2]",
  "",
];

for (const host of FOREIGN_HOSTS) {
  Deno.test(`a name that was bound again, "${host}", reads nothing and does nothing`, async () => {
    await using bench = new AdminBench();
    for (const line of ["GET /api/status", "GET /api/v1/config", "GET /"]) {
      assert.match(await ask(bench, line, { host }), /^HTTP\/1\.1 403 /);
    }
    const acted = await ask(bench, "POST /api/v1/actions/restart", {
      host,
      "content-type": "application/json",
      authorization: `Bearer ${TOKEN}`,
    }, "{}");
    assert.match(acted, /^HTTP\/1\.1 403 /);
    assert.deepEqual(bench.operations.acted, []);
  });
}

for (const host of ["localhost", "127.0.0.1:1", "[::1]:17539", "LOCALHOST"]) {
  Deno.test(`the name ${host} of this host is answered`, async () => {
    await using bench = new AdminBench();
    assert.match(
      await ask(bench, "GET /api/status", { host }),
      /^HTTP\/1\.1 200 /,
    );
  });
}

Deno.test("a second Host header, or none, is refused", async () => {
  await using bench = new AdminBench();
  const twice =
    "GET /api/status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n";
  assert.match(await bench.raw(twice), /^HTTP\/1\.1 40[03] /);
  assert.match(
    await bench.raw("GET /api/status HTTP/1.1\r\n\r\n"),
    /^HTTP\/1\.1 40[03] /,
  );
  assert.match(
    await bench.raw("GET /api/status HTTP/1.0\r\n\r\n"),
    /^HTTP\/1\.1 40[03] /,
  );
});

for (
  const origin of [
    "http://evil.example",
    "null",
    "http://localhost:1",
    "file://",
  ]
) {
  Deno.test(`a page of ${origin} reads nothing and does nothing, with the token too`, async () => {
    await using bench = new AdminBench();
    const host = `localhost:${bench.port}`;
    const read = await ask(bench, "GET /api/v1/status", { host, origin });
    assert.match(read, /^HTTP\/1\.1 403 /);
    const acted = await ask(bench, "POST /api/v1/actions/restart", {
      host,
      origin,
      "content-type": "application/json",
      authorization: `Bearer ${TOKEN}`,
    }, "{}");
    assert.match(acted, /^HTTP\/1\.1 403 /);
    assert.doesNotMatch(acted, /access-control/i);
    assert.deepEqual(bench.operations.acted, []);
  });
}

Deno.test("the page's own origin may act", async () => {
  await using bench = new AdminBench();
  const host = `localhost:${bench.port}`;
  const answer = await ask(bench, "POST /api/v1/actions/restart", {
    host,
    origin: `http://${host}`,
    "sec-fetch-site": "same-origin",
    "content-type": "application/json",
    authorization: `Bearer ${TOKEN}`,
  }, "{}");
  assert.match(answer, /^HTTP\/1\.1 202 /);
  assert.deepEqual(bench.operations.acted, [{ kind: "restart" }]);
  assert.deepEqual(bench.emitted, [{
    type: "operator-acted",
    action: "restart",
    door: "tcp",
    result: "started",
    version: undefined,
  }]);
});

Deno.test("what a page elsewhere embeds or fetches is refused, a link to the page is not", async () => {
  await using bench = new AdminBench();
  const host = `localhost:${bench.port}`;
  const cross = { host, "sec-fetch-site": "cross-site" };
  for (const path of ["/api/v1/events", "/api/containers", "/"]) {
    const embedded = { ...cross, "sec-fetch-mode": "no-cors" };
    assert.match(await ask(bench, `GET ${path}`, embedded), /^HTTP\/1\.1 403 /);
  }
  const frame = {
    ...cross,
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "iframe",
  };
  assert.match(await ask(bench, "GET /", frame), /^HTTP\/1\.1 403 /);
  const link = { ...frame, "sec-fetch-dest": "document" };
  assert.doesNotMatch(await ask(bench, "GET /", link), /^HTTP\/1\.1 403 /);
});

Deno.test("a preflight is told nothing", async () => {
  await using bench = new AdminBench();
  const answer = await ask(bench, "OPTIONS /api/v1/actions/restart", {
    host: "localhost",
    "access-control-request-method": "POST",
  });
  assert.match(answer, /^HTTP\/1\.1 405 /);
  assert.doesNotMatch(answer, /access-control/i);
});

const FORM_TYPES = [
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  "text/plain; application/json",
  "application/json-seq",
  "",
];
for (const type of FORM_TYPES) {
  Deno.test(`a body that a form can send, "${type}", is refused`, async () => {
    await using bench = new AdminBench();
    const answer = await ask(bench, "POST /api/v1/actions/deploy", {
      host: "localhost",
      authorization: `Bearer ${TOKEN}`,
      "content-type": type,
    }, FORM);
    assert.match(answer, /^HTTP\/1\.1 415 /);
    assert.deepEqual(bench.operations.acted, []);
  });
}

Deno.test("guesses of the token are ten a minute, and then the right one is not heard either", async () => {
  await using bench = new AdminBench();
  const guess = (token: string) =>
    bench.act("restart", {}, { authorization: `Bearer ${token}` });
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, at) => guess(`${TOKEN}${at}`)),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.equal(statuses.filter((status) => status === 401).length, 10);
  assert.equal(statuses.filter((status) => status === 429).length, 20);
  assert.deepEqual(bench.emitted, [{ type: "admin-token-locked" }]);
  const locked = await guess(TOKEN);
  assert.equal(locked.status, 429);
  assert.equal(locked.headers.get("retry-after"), "60");
  assert.equal((await locked.json()).error.code, "too-many-attempts");
  bench.now += 59_000;
  assert.equal((await guess(TOKEN)).status, 429);
  assert.deepEqual(bench.operations.acted, []);
  bench.now += 1_001;
  assert.equal((await guess(TOKEN)).status, 202);
  await Promise.all(answers.map(({ body }) => body?.cancel()));
});

Deno.test("a client that goes on with an old token locks nobody out", async () => {
  await using bench = new AdminBench();
  for (let at = 0; at < 30; at++) {
    const old = { authorization: "Bearer the-token-of-last-year" };
    const { status, body } = await bench.act("restart", {}, old);
    assert.equal(status, 401);
    await body?.cancel();
  }
  assert.deepEqual(bench.emitted, []);
  const { status, body } = await bench.act("restart");
  assert.equal(status, 202);
  await body?.cancel();
});

Deno.test("right tokens count against nobody", async () => {
  await using bench = new AdminBench();
  for (let at = 0; at < 15; at++) {
    const { status, body } = await bench.act("hold", { reason: "audit" });
    assert.equal(status, 200);
    await body?.cancel();
  }
  assert.equal(bench.operations.acted.length, 15);
});

const BAD_TOKENS = [
  "",
  "Bearer",
  "Bearer ",
  `Basic ${TOKEN}`,
  `Bearer ${TOKEN} x`,
  `Bearer ${TOKEN.slice(0, -1)}`,
  `Bearer ${TOKEN.toUpperCase()}`,
  "Bearer undefined",
];
for (const authorization of BAD_TOKENS) {
  Deno.test(`"${authorization}" is no permission`, async () => {
    for (const token of [TOKEN, undefined]) {
      await using bench = new AdminBench({ token });
      const { status, body, headers } = await bench.act("restart", {}, {
        authorization,
      });
      await body?.cancel();
      assert.equal(status, 401);
      assert.match(headers.get("www-authenticate") ?? "", /^Bearer /);
      assert.deepEqual(bench.operations.acted, []);
    }
  });
}

Deno.test("without a token nobody acts over TCP, and everybody reads", async () => {
  await using bench = new AdminBench({ token: undefined });
  const refused = await bench.act("restart");
  assert.equal(refused.status, 401);
  await refused.body?.cancel();
  const read = await fetch(bench.url("/api/v1/status"));
  assert.equal(read.status, 200);
  assert.equal((await read.json()).current.version, "v1.2.3");
});
