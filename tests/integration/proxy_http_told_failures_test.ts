import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { get, HttpBench } from "../support/http_bench.ts";
import { refusing } from "../support/tcp_bench.ts";

Deno.test("a backend that refuses is counted for each attempt and told once, also when another one serves", async () => {
  using backend = new HttpBackend(() => ok("served"));
  const refused = refusing("x");
  await using bench = new HttpBench([refused, backend.as()]);
  // A new connection for each request: none that is kept is taken.
  for (let round = 0; round < 4; round++) {
    const client = await bench.connect();
    const answer = await client.ask(
      get().replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"),
    );
    assert.equal(answer.body, "served");
  }
  const { failures } = bench.meter;
  assert.ok(failures.length > 0, "an attempt was counted");
  assert.ok(failures.every((reason) => reason === "connect-failed"));
  assert.equal(bench.events.length, 1);
  const [event] = bench.events;
  assert.ok(event?.kind === "connect-failed");
  assert.equal(event.backend.id, refused.id);
  assert.ok(event.error instanceof Deno.errors.ConnectionRefused);
});

Deno.test("a request that no backend can be reached for is counted once for each", async () => {
  await using bench = new HttpBench([refusing("x"), refusing("y")]);
  const client = await bench.connect();
  assert.equal((await client.ask(get())).status, 502);
  assert.deepEqual(bench.meter.failures, ["connect-failed", "connect-failed"]);
  assert.deepEqual(bench.events.map(({ kind }) => kind), [
    "connect-failed",
    "connect-failed",
  ]);
});

Deno.test("an HTTP port without a backend is told once a minute", async () => {
  await using bench = new HttpBench([]);
  const client = await bench.connect();
  for (let round = 0; round < 3; round++) {
    assert.equal((await client.ask(get())).status, 503);
  }
  assert.deepEqual(bench.events, [{ kind: "no-backend" }]);
  assert.equal(bench.meter.failures.length, 3);
});

Deno.test("a backend that dies in the middle of an answer is counted", async () => {
  using backend = HttpBackend.raw(async (peer) => {
    await peer.head();
    await peer.say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    await peer.conn.closeWrite();
  });
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  await assert.rejects(client.ask(get()));
  await eventually(() => bench.meter.failures.length > 0, {
    message: "it is counted",
  });
  assert.deepEqual(bench.meter.failures, ["backend-closed"]);
});

Deno.test("a client that leaves in the middle of an answer is no failure of the backend", async () => {
  using backend = HttpBackend.raw(async (peer) => {
    await peer.head();
    await peer.say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    await peer.gone();
  });
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  await client.say(get());
  await client.head();
  client[Symbol.dispose]();
  await eventually(() => bench.served.length === 1, {
    message: "the request is over",
  });
  assert.deepEqual(bench.meter.failures, []);
});
