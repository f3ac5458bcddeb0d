import assert from "node:assert/strict";
import { PORT, RolloutBench } from "../../support/rollout_bench.ts";

Deno.test("a roll-out starts one by one, and stops the old ones when all are well", async () => {
  await using bench = new RolloutBench();
  await bench.roll({ tag: "v1" });
  await bench.roll({ tag: "v2" });
  assert.deepEqual(bench.runtime.log, [
    "+v1/0",
    "+v1/1",
    "+v2/0",
    "+v2/1",
    "-v1/0",
    "-v1/1",
  ]);
  assert.deepEqual(bench.front.ready, [1, 2, 3, 4, 3, 2]);
  assert.equal(bench.front.drained.length, 2);
  assert.deepEqual(
    bench.fleet.members.map(({ instance: { tag } }) => tag),
    ["v2", "v2"],
  );
});

Deno.test("a roll-out of fewer replicas never has fewer than it ends with", async () => {
  await using bench = new RolloutBench();
  await bench.roll({ tag: "v1" }, { replicas: 3 });
  await bench.roll({ tag: "v2" }, { replicas: 1 });
  assert.deepEqual(bench.front.ready, [1, 2, 3, 4, 3, 2, 1]);
});

Deno.test("a roll-out whose second replica is sick leaves the old ones as they were", async () => {
  await using bench = new RolloutBench();
  await bench.roll({ tag: "v1" });
  let started = 0;
  const handler = () => new Response(null, { status: 500 });
  const spec = { tag: "v2", handler: () => new Response("well") };
  const runtime = bench.runtime;
  const start = runtime.start.bind(runtime);
  runtime.start = (given, replica) =>
    start(started++ === 0 ? given : { ...given, handler }, replica);
  await assert.rejects(bench.roll(spec, { healthTimeoutMs: 400 }), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /v2 did not get healthy in 0.4 s/);
    assert.match(error.message, /\/healthz answered 500/);
    assert.match(error.message, /v2 says farewell/);
    return true;
  });
  assert.deepEqual(runtime.log.slice(2), ["+v2/0", "+v2/1", "-v2/0", "-v2/1"]);
  assert.deepEqual(
    bench.fleet.members.map(({ instance: { tag }, state }) => [tag, state]),
    [["v1", "ready"], ["v1", "ready"]],
  );
  assert.equal(runtime.running.size, 2);
});

Deno.test("an instance that ends by itself is not waited for", async () => {
  await using bench = new RolloutBench();
  const startedAt = performance.now();
  await assert.rejects(
    bench.roll({ tag: "v1", dies: true }, { healthTimeoutMs: 60_000 }),
    /it ended by itself/,
  );
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal(bench.fleet.members.length, 0);
});

Deno.test("a new instance that ends before the others are well has the roll-out taken back", async () => {
  await using bench = new RolloutBench();
  await bench.roll({ tag: "v1" });
  let first: string | undefined;
  const { runtime, fleet } = bench;
  const handler = async () => {
    // The second one is asked: the first one has got work by then.
    const [member] = fleet.members.filter(({ instance }) =>
      instance.tag === "v2"
    );
    if (member !== undefined && first === undefined) {
      first = member.instance.id;
      await runtime.kill(first);
      await fleet.remove(first);
    }
    return new Response("well");
  };
  const standing: string[] = [];
  await assert.rejects(
    bench.roll({ tag: "v2", handler }, {
      onStanding: (instances) => {
        standing.push(...instances.map(({ id }) => id));
        return Promise.resolve();
      },
    }),
    /v2\/0#2 of v2 did not get healthy: it ended before the others were well/,
  );
  assert.ok(first);
  assert.deepEqual(standing, []);
  assert.deepEqual(
    fleet.members.map(({ instance: { tag }, state }) => [tag, state]),
    [["v1", "ready"], ["v1", "ready"]],
  );
});

Deno.test("a roll-out is not taken back any more once all new ones get work", async () => {
  await using bench = new RolloutBench();
  await bench.roll({ tag: "v1" });
  const stop = new AbortController();
  await bench.roll({ tag: "v2" }, {
    onStanding: (instances) => {
      assert.deepEqual(instances.map(({ tag }) => tag), ["v2", "v2"]);
      assert.equal(bench.fleet.ready, 4);
      stop.abort();
      return Promise.resolve();
    },
  }, stop.signal);
  assert.deepEqual(
    bench.fleet.members.map(({ instance: { tag } }) => tag),
    ["v2", "v2"],
  );
  assert.equal(bench.runtime.running.size, 2);
});

Deno.test("without a path, one that hangs up on connections is not well", async () => {
  await using bench = new RolloutBench();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const hangingUp = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const { runtime } = bench;
  const start = runtime.start.bind(runtime);
  runtime.start = async (spec, replica) => {
    const instance = await start(spec, replica);
    const address = { hostname: "127.0.0.1", port };
    return { ...instance, addresses: new Map([[PORT, address]]) };
  };
  await assert.rejects(
    bench.roll({ tag: "v1" }, {
      health: { path: undefined, attemptMs: 1_000 },
      healthTimeoutMs: 400,
    }),
    /closes connections at once|was started again/,
  );
  listener.close();
  await hangingUp;
});

Deno.test("without a path a connection is enough", async () => {
  await using bench = new RolloutBench();
  const handler = () => new Response(null, { status: 500 });
  await bench.roll({ tag: "v1", handler }, {
    health: { path: undefined, attemptMs: 1_000 },
  });
  assert.equal(bench.fleet.ready, 2);
});
