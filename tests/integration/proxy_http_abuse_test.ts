import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { get, HttpBench, RawClient, request } from "../support/http_bench.ts";
import { PlaneProcess } from "../support/plane_process.ts";

const MIB = 1024 * 1024;

Deno.test("five hundred slow clients are told and cut, and others hardly notice", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()], {
    limits: { headerTimeoutMs: 2_000 },
  });
  const slow = await Promise.all(
    Array.from({ length: 500 }, () => bench.connect()),
  );
  // A third says nothing, a third stops in the head, a third drips.
  const dripping = slow.filter((_, index) => index % 3 === 2);
  for (const [index, client] of slow.entries()) {
    if (index % 3 > 0) await client.say("GET / HTTP/1.1\r\nHost: h\r\nX-A: ");
  }
  const drip = setInterval(() => {
    for (const client of dripping) void client.say("a").catch(() => {});
  }, 200);
  const times: number[] = [];
  const quick = await bench.connect();
  while (bench.front.connections > 1 && times.length < 2_000) {
    const startedAt = performance.now();
    assert.equal((await quick.ask(get())).body, "fine");
    times.push(performance.now() - startedAt);
    await delay(5);
  }
  clearInterval(drip);
  times.sort((a, b) => a - b);
  const p95 = times[Math.floor(times.length * 0.95)] ?? Infinity;
  // A slow one is waited for four times as long.
  assert.ok(p95 < 500, `95 % of the requests took up to ${p95} ms`);
  for (const client of slow) {
    assert.match(await client.rest(), /^HTTP\/1\.1 408 /);
  }
  await eventually(() => bench.front.connections === 1, {
    message: "all but one are gone",
  });
});

Deno.test("a client that asks now and then owes nothing in between", async () => {
  using backend = new HttpBackend(async ({ line }) => {
    if (line.includes("/slow")) await delay(2_500);
    return ok("fine");
  });
  await using bench = new HttpBench([backend.as()], {
    limits: { headerTimeoutMs: 1_000 },
  });
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => bench.connect()),
  );
  // Requests at all times of the rounds in which the gate looks at its clients.
  await Promise.all(clients.map(async (client, index) => {
    // A client that has never asked has no more than the time of one head.
    assert.equal((await client.ask(get())).status, 200);
    for (let round = 0; round < 6; round++) {
      await delay(500 + 29 * index);
      for (let burst = 0; burst < 20; burst++) {
        assert.equal((await client.ask(get())).status, 200);
      }
    }
    assert.equal((await client.ask(get("/slow"))).status, 200);
  }));
});

Deno.test("the head of a second request is waited for no longer", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()], {
    limits: { headerTimeoutMs: 1_000 },
  });
  const client = await bench.connect();
  assert.equal((await client.ask(get())).status, 200);
  await delay(1_500);
  await client.say("GET / HTTP/1.1\r\n");
  const startedAt = performance.now();
  assert.match(await client.rest(), /^HTTP\/1\.1 408 /);
  // A second, and the round in which the gate sees it.
  assert.ok(performance.now() - startedAt < 8_000);
});

Deno.test("one client too many is told so, and the next finds a place", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()], {
    limits: { maxConnections: 3 },
  });
  const clients = await Promise.all([1, 2, 3].map(() => bench.connect()));
  for (const client of clients) {
    assert.equal((await client.ask(get())).status, 200);
  }
  for (let round = 0; round < 10; round++) {
    const refused = await bench.connect();
    const answer = await refused.ask(
      request("POST", "/", [], "b".repeat(9_000)),
    );
    assert.equal(answer.status, 503);
    assert.ok(answer.headers.includes("dewy-error: too-many-connections"));
    assert.equal(await refused.rest(), "");
  }
  for (const client of clients) {
    assert.equal((await client.ask(get())).status, 200);
  }
  clients[0]?.[Symbol.dispose]();
  await eventually(async () => {
    const client = await bench.connect();
    return (await client.ask(get())).status === 200;
  }, { message: "there is a place again" });
  assert.equal(backend.requests.length, 7);
});

Deno.test("lines and heads have limits", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()]);
  const status = async (text: string) => {
    const client = await bench.connect();
    const answer = await client.ask(text);
    return answer.status;
  };
  const headers = (count: number) =>
    Array.from({ length: count }, (_, index) => `X-${index}: a`);
  // Host is one of them.
  assert.equal(await status(get("/", ...headers(127))), 200);
  assert.equal(await status(get("/", ...headers(128))), 431);
  const around = "GET / HTTP/1.1".length;
  const longest = "a".repeat(16 * 1024 - around);
  assert.equal(await status(get(`/${longest}`)), 200);
  assert.equal(await status(get(`/${longest}a`)), 414);
  // Also before it has an end.
  assert.equal(await status(`GET /${longest}${" ".repeat(20)}`), 414);
  assert.equal(await status(get("/", `X-A: ${"a".repeat(65_000)}`)), 200);
  assert.equal(await status(get("/", `X-A: ${"a".repeat(65_600)}`)), 431);
  assert.deepEqual(
    new Set(backend.requests.map(({ line }) => line)),
    new Set(["GET / HTTP/1.1", `GET /${longest} HTTP/1.1`]),
  );
});

Deno.test("a client that does not read fills no memory, and is cut", async () => {
  const block = "x".repeat(MIB);
  using backend = HttpBackend.raw(async (peer) => {
    await peer.head();
    await peer.say(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MIB}\r\n\r\n`);
    for (let sent = 0; sent < 1024; sent++) await peer.say(block);
  });
  await using plane = await PlaneProcess.start("http", backend.port, {
    limits: { idleTimeoutMs: 4_000 },
  });
  const before = (await plane.memory()).now;
  await using stack = new AsyncDisposableStack();
  for (let index = 0; index < 10; index++) {
    const client = stack.use(await RawClient.open(plane.port));
    await client.say(get());
  }
  await delay(2_000);
  const growth = ((await plane.memory()).peak - before) / MIB;
  assert.ok(growth < 64, `It grew by ${growth.toFixed(1)} MiB`);
  await eventually(() => plane.descriptors() < 30, {
    message: "they are cut",
    timeoutMs: 15_000,
  });
});

Deno.test("without descriptors the proxy waits, does not spin, and recovers", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using plane = await PlaneProcess.start("http", backend.port, {
    maxFiles: 128,
  });
  await using stack = new AsyncDisposableStack();
  const clients = await Promise.all(Array.from({ length: 150 }, async () => {
    return stack.use(await RawClient.open(plane.port));
  }));
  const outcomes: number[] = [];
  const open = new Set(clients);
  for (const client of clients) {
    const note = async () => {
      const { status } = await client.ask(get());
      outcomes.push(status);
    };
    void note().catch(() => outcomes.push(0)).finally(() => {
      client[Symbol.dispose]();
      open.delete(client);
    });
  }
  // Some are served and leave, so that others are: none is left over.
  await eventually(() => open.size === 0, {
    message: "all are served",
    timeoutMs: 30_000,
  });
  const lost = outcomes.filter((status) => status === 0).length;
  assert.ok(lost === 0, `${lost} of 150 got no answer: ${plane.output}`);
  const held = await Promise.all(Array.from({ length: 100 }, async () => {
    return stack.use(await RawClient.open(plane.port));
  }));
  await eventually(() => plane.output.includes("accept-failed"), {
    message: "the plane has no descriptor left",
  });
  const cpuMs = await plane.cpuMs();
  await delay(2_000);
  const usedMs = await plane.cpuMs() - cpuMs;
  // To spin takes a whole processor, or its share of busy ones.
  assert.ok(usedMs < 1_000, `${usedMs} ms of 2000`);
  for (const client of held) client[Symbol.dispose]();
  await eventually(async () => {
    using client = await RawClient.open(plane.port);
    return (await client.ask(get())).status === 200;
  }, { message: "it serves again", timeoutMs: 20_000 });
});

Deno.test("an upload that was answered early does not go on for ever", async () => {
  using backend = HttpBackend.raw(async (peer) => {
    await peer.head();
    await peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    peer.conn.close();
  });
  await using bench = new HttpBench([backend.as()], {
    limits: { headerTimeoutMs: 1_000 },
  });
  const client = await bench.connect();
  await client.say(
    `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${1024 * MIB}\r\n\r\n`,
  );
  assert.equal((await client.answer()).status, 413);
  const drip = setInterval(() => {
    void client.say("x".repeat(10_000)).catch(() => {});
  }, 50);
  await eventually(() => bench.front.connections === 0, {
    message: "the client is cut",
  });
  clearInterval(drip);
});
