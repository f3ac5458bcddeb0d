import assert from "node:assert/strict";
import { once } from "node:events";
import { eventually } from "../../support/eventually.ts";
import {
  closed,
  nextMessage,
  SocketBackend,
  SocketBench,
} from "../../support/websocket_bench.ts";

const CLOSES = [
  { code: 1000, reason: "done" },
  { code: 1001, reason: "going away" },
  { code: 1011, reason: "g\u00fcte \u{1f680}" },
  { code: 3000, reason: "" },
  { code: 4999, reason: "x".repeat(123) },
];
for (const close of CLOSES) {
  Deno.test(`a close with ${close.code} keeps code and reason both ways`, async () => {
    await using backend = await SocketBackend.start("a");
    await using bench = new SocketBench([backend.as()]);
    const first = await bench.open();
    const seenByBackend = closed(backend.socket);
    first.close(close.code, close.reason);
    assert.deepEqual(await closed(first), close);
    assert.deepEqual(await seenByBackend, close);
    const second = await bench.open();
    const seenByClient = closed(second);
    backend.sockets[1]?.close(close.code, close.reason);
    assert.deepEqual(await seenByClient, close);
    await eventually(() => bench.balancer.inFlight("a") === 0, {
      message: "nothing is in flight",
    });
  });
}

Deno.test("a close without a code stays without one, both ways", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const first = await bench.open();
  const seenByBackend = closed(backend.socket);
  first.close();
  assert.deepEqual(await seenByBackend, { code: 1005, reason: "" });
  const second = await bench.open();
  const seenByClient = closed(second);
  backend.sockets[1]?.close();
  assert.deepEqual(await seenByClient, { code: 1005, reason: "" });
});

Deno.test("a backend that dies is a bad gateway, after all it said", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const received: string[] = [];
  client.on("message", (data) => received.push(String(data)));
  const sent = Array.from({ length: 1_000 }, (_, at) => `message ${at}`);
  for (const text of sent) backend.socket.send(text);
  await eventually(() => backend.socket.bufferedAmount === 0, {
    message: "the backend has sent all",
  });
  const close = closed(client);
  backend.socket.terminate();
  assert.deepEqual(await close, { code: 1014, reason: "backend-closed" });
  assert.deepEqual(received, sent);
  assert.equal(bench.balancer.inFlight("a"), 0);
});

Deno.test("a client that dies takes the backend's side with it", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  client.send("hello");
  await nextMessage(client);
  const close = closed(backend.socket);
  client.terminate();
  assert.deepEqual(await close, { code: 1006, reason: "" });
  await eventually(() => bench.balancer.inFlight("a") === 0, {
    message: "nothing is in flight",
  });
});

Deno.test("a client that breaks the protocol is told, the backend cut off", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const atBackend = closed(backend.socket);
  // Not UTF-8, although it says so.
  client.send(new Uint8Array([0xff, 0xfe]), { binary: false });
  assert.notEqual((await closed(client)).code, 1005);
  assert.equal((await atBackend).code, 1006);
});

Deno.test("when the time to drain is over, both sides hear of a restart", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const seen = Promise.all([closed(client), closed(backend.socket)]);
  bench.balancer.replace([{ ...backend.as(), state: "draining" }]);
  const over = new AbortController();
  const drained = bench.balancer.drained("a", over.signal);
  client.send("still here");
  assert.equal(String((await nextMessage(client)).data), "still here");
  over.abort();
  const restart = { code: 1012, reason: "Service Restart" };
  assert.deepEqual(await seen, [restart, restart]);
  assert.deepEqual(await drained, { cut: 1 });
});

Deno.test("sides that answer no close are cut off when drained", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  client.pause();
  backend.socket.pause();
  const result = await bench.balancer.drained("a", AbortSignal.abort());
  assert.deepEqual(result, { cut: 1 });
  // The balancer waits a little longer only: it would have given up on it.
  assert.equal(bench.balancer.inFlight("a"), 0);
  await eventually(() => bench.front.connections === 0, {
    message: "the client is cut off",
  });
});

Deno.test("a WebSocket in which nothing moves is closed, one with pings is not", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()], {
    limits: { idleTimeoutMs: 400, headerTimeoutMs: 200 },
  });
  const silent = await bench.open();
  const pinged = await bench.open();
  const pinging = await bench.open();
  const isOver = closed(silent);
  const timer = setInterval(() => {
    backend.sockets[1]?.ping();
    pinging.ping();
  }, 100);
  // Three times the limit, with the pings of one side only each.
  for (let round = 0; round < 12; round++) await once(pinging, "pong");
  clearInterval(timer);
  assert.equal((await isOver).code, 1006);
  assert.deepEqual([pinged.readyState, pinging.readyState], [1, 1]);
});
