import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, createServer, Socket } from "node:net";
import { delay, within } from "../../support/delay.ts";
import { eventually } from "../../support/eventually.ts";
import {
  countToEnd,
  readText,
  say,
  TcpBackend,
  TcpBench,
  writeAll,
} from "../../support/tcp_bench.ts";

const TEN_MIB = 10 * 1024 * 1024;

Deno.test("the plane passes bytes on both ways and counts them", async () => {
  using backend = new TcpBackend("a").echo();
  await using bench = new TcpBench([backend.as()]);
  const client = await bench.connect();
  await say(client, "hello");
  assert.equal(await readText(client, 5), "hello");
  assert.equal(bench.balancer.inFlight("a"), 1);
  assert.equal(bench.plane.connections, 1);
  assert.deepEqual(bench.meter.closed, []);
  await client.closeWrite();
  assert.equal(await readText(client), "");
  await eventually(() => bench.plane.connections === 0, {
    message: "the session ends",
  });
  assert.equal(bench.balancer.inFlight("a"), 0);
  const { meter } = bench;
  assert.deepEqual(meter.transfers, [5, 5]);
  assert.deepEqual(meter.failures, []);
  assert.equal(meter.opened, 1);
  assert.equal(meter.dials.length, 1);
  assert.equal(meter.closed.length, 1);
  assert.ok([...meter.dials, ...meter.closed].every((s) => s > 0 && s < 5));
});

Deno.test("a client that has said all still gets the whole answer", async () => {
  using backend = new TcpBackend("a").serve(async (connection) => {
    await countToEnd(connection);
    await writeAll(connection, new Uint8Array(TEN_MIB));
    await connection.closeWrite();
  });
  await using bench = new TcpBench([backend.as()]);
  const client = await bench.connect();
  await say(client, "question");
  await client.closeWrite();
  assert.equal(await countToEnd(client), TEN_MIB);
});

Deno.test("a backend that has said all still gets the whole request", async () => {
  using backend = new TcpBackend("a");
  await using bench = new TcpBench([backend.as()]);
  const client = await bench.connect();
  const connection = await backend.accept();
  await say(connection, "greeting");
  await connection.closeWrite();
  assert.equal(await readText(client), "greeting");
  const received = countToEnd(connection);
  await writeAll(client, new Uint8Array(TEN_MIB));
  await client.closeWrite();
  assert.equal(await received, TEN_MIB);
});

Deno.test("a receiver that does not read holds up the sender", async () => {
  using backend = new TcpBackend("a");
  await using bench = new TcpBench([backend.as()]);
  const client = await bench.connect();
  const connection = await backend.accept();
  let sent = 0;
  const total = 4 * TEN_MIB;
  const send = async () => {
    const block = new Uint8Array(64 * 1024);
    while (sent < total) {
      await writeAll(connection, block);
      sent += block.length;
    }
    await connection.closeWrite();
  };
  const sending = send();
  await eventually(async () => {
    const before = sent;
    await delay(200);
    return before > 0 && sent === before;
  }, { message: "the sender stops" });
  assert.ok(sent < total, `${sent} bytes were taken`);
  assert.equal(await countToEnd(client), total);
  await sending;
});

Deno.test("an idle session is ended, with an end for both sides", async () => {
  using backend = new TcpBackend("a");
  await using bench = new TcpBench([backend.as()], {
    limits: { idleTimeoutMs: 200 },
  });
  const client = await bench.connect();
  const connection = await backend.accept();
  assert.equal(await readText(client), "");
  assert.equal(await readText(connection), "");
});

Deno.test("a session in which one direction moves is not idle", async () => {
  using backend = new TcpBackend("a");
  await using bench = new TcpBench([backend.as()], {
    limits: { idleTimeoutMs: 2_000 },
  });
  const client = await bench.connect();
  const connection = await backend.accept();
  // Longer in all than a session may be idle, and the time that this is noticed in.
  for (let round = 0; round < 30; round++) {
    await say(client, "x");
    assert.equal(await readText(connection, 1), "x");
    await delay(100);
  }
  assert.equal(bench.plane.connections, 1);
});

Deno.test("an idle session is ended although its receiver does not read", async () => {
  using backend = new TcpBackend("a").serve(async (connection) => {
    for (;;) await writeAll(connection, new Uint8Array(64 * 1024));
  });
  await using bench = new TcpBench([backend.as()], {
    limits: { idleTimeoutMs: 200 },
  });
  await bench.connect();
  await eventually(() => bench.meter.closed.length === 1, {
    message: "the session is closed",
  });
  assert.equal(bench.balancer.inFlight("a"), 0);
});

Deno.test("a reset of the backend in mid-stream ends the connection of the client", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const { port } = address;
  const connected = once(server, "connection");
  await using bench = new TcpBench([
    { id: "a", hostname: "127.0.0.1", port, state: "ready" },
  ]);
  const client = await bench.connect();
  const [socket] = await connected;
  assert.ok(socket instanceof Socket);
  socket.write("half of it");
  assert.equal(await readText(client, 10), "half of it");
  socket.resetAndDestroy();
  assert.equal(await readText(client), "");
  await eventually(() => bench.plane.connections === 0, {
    message: "the session ends",
  });
  const closed = once(server, "close");
  server.close();
  await closed;
});

Deno.test("a reset of the client in mid-stream ends the connection to the backend", async () => {
  using backend = new TcpBackend("a");
  await using bench = new TcpBench([backend.as()]);
  const socket = createConnection(bench.port, "127.0.0.1");
  socket.write("half of it");
  const connection = await backend.accept();
  assert.equal(await readText(connection, 10), "half of it");
  socket.resetAndDestroy();
  assert.equal(await readText(connection), "");
  await eventually(() => bench.plane.connections === 0, {
    message: "the session ends",
  });
  assert.deepEqual(bench.meter.failures, []);
});

Deno.test("a client that leaves at once leaves nothing behind", async () => {
  using backend = new TcpBackend("a").echo();
  await using bench = new TcpBench([backend.as()]);
  for (let round = 0; round < 50; round++) (await bench.connect()).close();
  await eventually(() => bench.meter.closed.length === 50, {
    message: "all sessions end",
  });
  assert.equal(bench.balancer.inFlight("a"), 0);
});

Deno.test("one client more than may be is sent away at once", async () => {
  using backend = new TcpBackend("a").echo();
  await using bench = new TcpBench([backend.as()], {
    limits: { maxConnections: 2 },
  });
  const clients = [await bench.connect(), await bench.connect()];
  for (const client of clients) {
    await say(client, "x");
    assert.equal(await readText(client, 1), "x");
  }
  const third = await bench.connect();
  assert.equal(await readText(third), "");
  assert.deepEqual(bench.meter.failures, ["too-many-connections"]);
  assert.deepEqual(bench.events, [{ kind: "too-many-connections", limit: 2 }]);
  assert.equal(bench.meter.opened, 2);
  clients[0]?.close();
  await eventually(() => bench.plane.connections === 1, {
    message: "there is room again",
  });
  const fourth = await bench.connect();
  await say(fourth, "y");
  assert.equal(await readText(fourth, 1), "y");
});

Deno.test("close() lets open sessions go on, and finished waits for them", async () => {
  using backend = new TcpBackend("a").echo();
  await using bench = new TcpBench([backend.as()]);
  const client = await bench.connect();
  await say(client, "x");
  await readText(client, 1);
  bench.plane.close();
  await eventually(async () => {
    const late = bench.connect();
    await assert.rejects(late, Deno.errors.ConnectionRefused);
    return true;
  }, { message: "connections are refused" });
  await say(client, "y");
  assert.equal(await readText(client, 1), "y");
  const finished = bench.plane.finished.then(() => "finished");
  assert.equal(await within(finished, 100), undefined);
  client.close();
  assert.equal(await finished, "finished");
});

Deno.test("end() tells both sides that it is over, and closes what does not agree", async () => {
  using backend = new TcpBackend("a");
  await using bench = new TcpBench([backend.as()]);
  const client = await bench.connect();
  const connection = await backend.accept();
  await say(connection, "last words");
  assert.equal(await readText(client, 10), "last words");
  bench.plane.end();
  assert.equal(await readText(client), "");
  assert.equal(await readText(connection), "");
  // Neither side closes: the grace time does.
  await bench.plane.finished;
});

Deno.test("when the time to drain is over both sides get a FIN, and a reset for what still comes", async () => {
  using backend = new TcpBackend("a");
  await using bench = new TcpBench([backend.as()]);
  const client = await bench.connect();
  const connection = await backend.accept();
  await say(client, "hello");
  assert.equal(await readText(connection, 5), "hello");
  bench.balancer.replace([]);
  const drained = bench.balancer.drained("a", AbortSignal.abort());
  for (const side of [client, connection]) {
    // An end, and no error: nothing that was said before is lost.
    assert.equal(await readText(side), "");
  }
  assert.deepEqual(await drained, { cut: 1 });
  for (const side of [client, connection]) {
    await assert.rejects(
      async () => {
        for (;;) {
          await say(side, "more");
          await delay(20);
        }
      },
      (error) =>
        error instanceof Deno.errors.ConnectionReset ||
        error instanceof Deno.errors.BrokenPipe,
    );
  }
});
