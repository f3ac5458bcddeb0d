import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { HalfOpenBackend } from "../support/half_open_backend.ts";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { get, HttpBench, request } from "../support/http_bench.ts";
import { readText, say, TcpBackend, TcpBench } from "../support/tcp_bench.ts";
import { ignoreGone } from "../support/tcp_bytes.ts";

/** To close a connection without a word takes rights over the network. */
const ignore = Deno.uid() !== 0;
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

Deno.test({
  name: "a kept connection that the backend has lost costs no request",
  ignore,
  fn: async () => {
    await using backend = await HalfOpenBackend.start();
    await using bench = new HttpBench([backend.as()]);
    const client = await bench.connect();
    assert.equal((await client.ask(get("/0"))).body, "fine");
    for (const method of ["GET", "DELETE", "OPTIONS"]) {
      assert.equal(await backend.forget(), 1, "one connection is kept");
      const answer = await client.ask(request(method, `/${method}`, []));
      assert.equal(answer.body, "fine", method);
    }
    assert.deepEqual(backend.requests, [
      "GET /0 HTTP/1.1",
      "GET /GET HTTP/1.1",
      "DELETE /DELETE HTTP/1.1",
      "OPTIONS /OPTIONS HTTP/1.1",
    ]);
    assert.deepEqual(bench.meter.failures, []);
  },
});

Deno.test({
  name: "a POST is given no connection that may have been lost for a while",
  ignore,
  fn: async () => {
    await using backend = await HalfOpenBackend.start();
    await using bench = new HttpBench([backend.as()]);
    const client = await bench.connect();
    assert.equal((await client.ask(get("/0"))).body, "fine");
    assert.equal(await backend.forget(), 1);
    // One that was in use a moment ago would be taken for it.
    await delay(600);
    const answer = await client.ask(request("POST", "/1", []));
    assert.equal(answer.body, "fine");
    assert.equal(await backend.forget(), 1);
    const risky = await client.ask(request("POST", "/2", []));
    const seen = backend.requests.filter((line) => line.includes("/2"));
    // Nobody knows whether it was carried out: it is told, and not sent again.
    if (risky.status === 200) assert.equal(seen.length, 1);
    else {
      assert.equal(risky.status, 502);
      assert.ok(risky.headers.includes("dewy-error: backend-closed"));
      assert.deepEqual(seen, []);
    }
  },
});

Deno.test({
  name: "a request whose backend has lost it is given up, and others go on",
  ignore,
  fn: async () => {
    await using backend = await HalfOpenBackend.start();
    await using bench = new HttpBench([backend.as()], {
      limits: { idleTimeoutMs: 2_000 },
    });
    const stuck = await bench.connect();
    await stuck.say(get("/hang"));
    await eventually(() => backend.requests.length === 1, {
      message: "the backend has it",
    });
    assert.equal(await backend.forget(), 1);
    const other = await bench.connect();
    assert.equal((await other.ask(get("/other"))).body, "fine");
    const answer = await stuck.answer();
    assert.equal(answer.status, 504);
    assert.ok(answer.headers.includes("dewy-error: backend-timeout"));
    await eventually(() => bench.balancer.inFlight("half-open") === 0, {
      message: "nothing is in flight",
    });
  },
});

Deno.test({
  name: "a TCP session that the backend has lost ends with the next word",
  ignore,
  fn: async () => {
    await using backend = await HalfOpenBackend.start();
    await using bench = new TcpBench([backend.as()]);
    const client = await bench.connect();
    await say(client, get("/1"));
    assert.equal(await readText(client, ANSWER.length), ANSWER);
    assert.equal(await backend.forget(), 1);
    await say(client, get("/2"));
    await ignoreGone(readText(client).then((text) => assert.equal(text, "")));
    const next = await bench.connect();
    await say(next, get("/3"));
    assert.equal(await readText(next, ANSWER.length), ANSWER);
    assert.equal(backend.requests.length, 2);
    await eventually(() => bench.balancer.inFlight("half-open") === 1, {
      message: "only the next one is open",
    });
  },
});

Deno.test({
  name: "a TCP session that the backend has lost and nobody uses is ended",
  ignore,
  fn: async () => {
    await using backend = await HalfOpenBackend.start();
    await using bench = new TcpBench([backend.as()], {
      limits: { idleTimeoutMs: 500 },
    });
    const client = await bench.connect();
    await say(client, get());
    assert.equal(await readText(client, ANSWER.length), ANSWER);
    assert.equal(await backend.forget(), 1);
    assert.equal(await readText(client), "");
    await eventually(() => bench.plane.connections === 0, {
      message: "the session is closed",
    });
  },
});

Deno.test("a backend that ends its half of a kept connection gets no more by it", async () => {
  const left = Promise.withResolvers<void>();
  using backend = HttpBackend.raw(async (peer, index) => {
    await peer.head();
    await peer.say(ok(`${index}`));
    if (index > 0) return await peer.gone();
    await peer.conn.closeWrite();
    await peer.gone();
    assert.equal(peer.received, "");
    left.resolve();
  });
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  assert.equal((await client.ask(get())).body, "0");
  // The proxy ends the other half.
  await left.promise;
  const answer = await client.ask(request("POST", "/", [], "body"));
  assert.equal(answer.body, "1");
});

Deno.test("a backend that ends its half instead of an answer is a 502, also within the upload", async () => {
  using backend = HttpBackend.raw(async (peer) => {
    await peer.head();
    await peer.conn.closeWrite();
    await peer.gone();
  });
  await using bench = new HttpBench([backend.as()]);
  const uploads = [
    request("POST", "/", [], "body"),
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\npart",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
  ];
  for (const upload of uploads) {
    const client = await bench.connect();
    await client.say(upload);
    assert.match(await client.head(), /^HTTP\/1\.1 502 [^]*backend-closed/);
  }
});

Deno.test("a backend whose host takes connections that nobody serves is given up", async () => {
  using deaf = new TcpBackend("deaf");
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([deaf.as(), backend.as()], {
    limits: { idleTimeoutMs: 2_000 },
  });
  const statuses: number[] = [];
  const clients = await Promise.all([1, 2, 3, 4].map(() => bench.connect()));
  await Promise.all(clients.map(async (client) => {
    statuses.push((await client.ask(get())).status);
  }));
  // Those that were sent to the other one had their answers first.
  assert.deepEqual(statuses, [200, 200, 504, 504]);
});
