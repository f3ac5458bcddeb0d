import assert from "node:assert/strict";
import { within } from "../../support/delay.ts";
import { eventually } from "../../support/eventually.ts";
import {
  readText,
  refusing,
  say,
  TcpBackend,
  TcpBench,
} from "../../support/tcp_bench.ts";

/** A backend that does not answer: its queue is full. */
async function blackHole(
  id: string,
  stack: AsyncDisposableStack,
): Promise<TcpBackend> {
  const hole = stack.use(new TcpBackend(id, { backlog: 1 }));
  for (;;) {
    const filler = await within(
      Deno.connect({
        hostname: "127.0.0.1",
        port: hole.port,
        signal: AbortSignal.timeout(300),
      }).catch(() => undefined),
      1_000,
    );
    if (filler === undefined) return hole;
    stack.defer(() => filler.close());
  }
}

async function answer(bench: TcpBench): Promise<string> {
  using client = await bench.connect();
  return await readText(client);
}

Deno.test("a backend that refuses costs the client nothing", async () => {
  using good = new TcpBackend("good").sayId();
  await using bench = new TcpBench([refusing("bad"), good.as()]);
  for (let round = 0; round < 4; round++) {
    assert.equal(await answer(bench), "good");
  }
  const { failures, dials } = bench.meter;
  assert.ok(failures.length >= 1 && failures.length <= 2, `${failures}`);
  assert.ok(failures.every((reason) => reason === "connect-failed"));
  assert.equal(dials.length, 4 + failures.length);
  assert.deepEqual(bench.events.map(({ kind }) => kind), ["connect-failed"]);
});

Deno.test("a backend that does not answer costs the connect time-out", async () => {
  await using stack = new AsyncDisposableStack();
  const hole = await blackHole("hole", stack);
  using good = new TcpBackend("good").sayId();
  await using bench = new TcpBench([hole.as(), good.as()], {
    limits: { connectTimeoutMs: 300 },
  });
  const startedAt = performance.now();
  assert.equal(await answer(bench), "good");
  assert.equal(await answer(bench), "good");
  const ms = performance.now() - startedAt;
  assert.ok(ms >= 290 && ms < 4_000, `${ms} ms`);
  assert.ok(bench.meter.failures.length > 0);
  assert.ok(bench.meter.failures.every((why) => why === "connect-timeout"));
  const [event] = bench.events;
  assert.ok(event?.kind === "connect-failed");
  assert.match(`${event.error}`, /No answer in 300 ms/);
});

Deno.test("a client is sent away when every backend refuses", async () => {
  await using bench = new TcpBench([refusing("a"), refusing("b")], {
    limits: { holdMs: 60_000 },
  });
  assert.equal(await answer(bench), "");
  assert.deepEqual(bench.meter.failures, ["connect-failed", "connect-failed"]);
});

Deno.test("without a backend a client is sent away at once", async () => {
  await using bench = new TcpBench([]);
  assert.equal(await answer(bench), "");
  assert.deepEqual(bench.meter.failures, ["no-backend"]);
  assert.deepEqual(bench.events, [{ kind: "no-backend" }]);
  assert.equal(bench.meter.closed.length, 1);
});

Deno.test("without a backend a client waits for one as long as it may", async () => {
  await using bench = new TcpBench([], { limits: { holdMs: 300 } });
  const startedAt = performance.now();
  assert.equal(await answer(bench), "");
  assert.ok(performance.now() - startedAt >= 290);
  assert.deepEqual(bench.meter.failures, ["no-backend"]);
});

Deno.test("a client that waits is served by the first backend that appears", async () => {
  using good = new TcpBackend("good").echo();
  await using bench = new TcpBench([], { limits: { holdMs: 60_000 } });
  const client = await bench.connect();
  await say(client, "early");
  await eventually(() => bench.plane.connections === 1, {
    message: "the client is accepted",
  });
  bench.balancer.replace([good.as()]);
  assert.equal(await readText(client, 5), "early");
  assert.deepEqual(bench.meter.failures, []);
});

Deno.test("end() sends away a client that waits for a backend", async () => {
  await using bench = new TcpBench([], { limits: { holdMs: 60_000 } });
  const client = await bench.connect();
  await eventually(() => bench.plane.connections === 1, {
    message: "the client is accepted",
  });
  bench.plane.end();
  assert.equal(await readText(client), "");
  await bench.plane.finished;
});

Deno.test("draining a backend that is being called moves the call to another one", async () => {
  await using stack = new AsyncDisposableStack();
  const hole = await blackHole("hole", stack);
  using good = new TcpBackend("good").sayId();
  await using bench = new TcpBench([hole.as()], {
    limits: { connectTimeoutMs: 60_000 },
  });
  const client = await bench.connect();
  await eventually(() => bench.balancer.inFlight("hole") === 1, {
    message: "the backend is being called",
  });
  bench.balancer.replace([good.as()]);
  const { cut } = await bench.balancer.drained("hole", AbortSignal.abort());
  assert.equal(cut, 1);
  assert.equal(await readText(client), "good");
  assert.deepEqual(bench.meter.failures, []);
});

Deno.test("a drained backend keeps its sessions until the time is over, and gets no new ones", async () => {
  using old = new TcpBackend("old");
  using fresh = new TcpBackend("fresh").sayId();
  await using bench = new TcpBench([old.as()]);
  const client = await bench.connect();
  const connection = await old.accept();
  bench.balancer.replace([old.as("draining"), fresh.as()]);
  for (let round = 0; round < 3; round++) {
    assert.equal(await answer(bench), "fresh");
  }
  const time = new AbortController();
  const drained = bench.balancer.drained("old", time.signal);
  await say(client, "still");
  assert.equal(await readText(connection, 5), "still");
  time.abort();
  assert.equal(await readText(client), "");
  assert.equal(await readText(connection), "");
  client.close();
  connection.close();
  assert.deepEqual(await drained, { cut: 1 });
  assert.equal(old.count, 1);
});
