import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/time.ts";
import type { Backend, BackendTable } from "../../../src/proxy/backend.ts";
import { Fleet, type Front } from "../../../src/rollout/fleet.ts";
import { Keeper, type KeeperStep } from "../../../src/rollout/keeper.ts";
import {
  rollOut,
  type RollOutOptions,
  type RollOutStep,
} from "../../../src/rollout/roll_out.ts";
import { eventually } from "../../support/eventually.ts";
import {
  ServerRuntime,
  type ServerSpec,
} from "../../support/server_runtime.ts";

const PORT = 8_000;

/** Notes down each table and what is drained. */
class NotingFront implements Front {
  table: readonly Backend[] = [];
  /** Backends that get work, after each swap. */
  readonly ready: number[] = [];
  readonly drained: string[] = [];

  swap(table: BackendTable): Promise<void> {
    this.table = table.get(PORT) ?? [];
    this.ready.push(this.table.filter(({ state }) => state === "ready").length);
    return Promise.resolve();
  }

  drain(id: string): Promise<{ cut: number }> {
    this.drained.push(id);
    return Promise.resolve({ cut: 0 });
  }
}

class Bench implements AsyncDisposable {
  readonly runtime = new ServerRuntime(PORT);
  readonly front = new NotingFront();
  readonly fleet = new Fleet(this.front);
  readonly steps: RollOutStep[] = [];

  roll(spec: ServerSpec, more: Partial<RollOutOptions<ServerSpec>> = {}) {
    return rollOut(spec, {
      runtime: this.runtime,
      fleet: this.fleet,
      health: { path: "/healthz", attemptMs: 1_000 },
      replicas: 2,
      healthTimeoutMs: 2_000,
      drainMs: 1_000,
      clock: systemClock,
      tell: (step) => this.steps.push(step),
      ...more,
    }, new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime[Symbol.asyncDispose]();
  }
}

Deno.test("a roll-out starts one by one, and stops the old ones when all are well", async () => {
  await using bench = new Bench();
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
  await using bench = new Bench();
  await bench.roll({ tag: "v1" }, { replicas: 3 });
  await bench.roll({ tag: "v2" }, { replicas: 1 });
  assert.deepEqual(bench.front.ready, [1, 2, 3, 4, 3, 2, 1]);
});

Deno.test("a roll-out whose second replica is sick leaves the old ones as they were", async () => {
  await using bench = new Bench();
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
  await using bench = new Bench();
  const startedAt = performance.now();
  await assert.rejects(
    bench.roll({ tag: "v1", dies: true }, { healthTimeoutMs: 60_000 }),
    /it ended by itself/,
  );
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal(bench.fleet.members.length, 0);
});

Deno.test("without a path a connection is enough", async () => {
  await using bench = new Bench();
  const handler = () => new Response(null, { status: 500 });
  await bench.roll({ tag: "v1", handler }, {
    health: { path: undefined, attemptMs: 1_000 },
  });
  assert.equal(bench.fleet.ready, 2);
});

Deno.test("the keeper passes over who is sick, brings back who is well, and takes out who is gone", async () => {
  await using bench = new Bench();
  const sick = new Set<string>();
  const handler = () =>
    new Response(null, { status: sick.size > 0 ? 503 : 200 });
  await bench.roll({ tag: "well" }, { replicas: 1 });
  const [well] = bench.fleet.members;
  assert.ok(well);
  const frail = await bench.runtime.start({ tag: "frail", handler }, 1);
  await bench.fleet.add(frail);
  const steps: KeeperStep["kind"][] = [];
  const gone: string[] = [];
  const keeper = new Keeper({
    fleet: bench.fleet,
    runtime: bench.runtime,
    health: { path: "/", attemptMs: 500 },
    clock: systemClock,
    tell: ({ kind }) => steps.push(kind),
    onGone: ({ tag }) => gone.push(tag),
  });
  const over = new AbortController();
  const running = keeper.run(over.signal);
  sick.add("frail");
  await eventually(() => bench.fleet.ready === 1, {
    message: "the sick one is passed over",
    timeoutMs: 2_000,
  });
  sick.clear();
  await eventually(() => bench.fleet.ready === 2, {
    message: "it is back",
    timeoutMs: 2_000,
  });
  await bench.runtime.kill(frail.id);
  keeper.nudge();
  await eventually(() => gone.length === 1, {
    message: "the dead one is told",
    timeoutMs: 2_000,
  });
  assert.deepEqual(gone, ["frail"]);
  assert.deepEqual(steps, ["sick", "well", "gone"]);
  assert.deepEqual(bench.front.table.map(({ id }) => id), [well.instance.id]);
  over.abort();
  await running;
});

Deno.test("the keeper leaves the last one in, however sick it is", async () => {
  await using bench = new Bench();
  let status = 200;
  const handler = () => new Response(null, { status });
  await bench.roll({ tag: "v1", handler });
  const steps: KeeperStep[] = [];
  const keeper = new Keeper({
    fleet: bench.fleet,
    runtime: bench.runtime,
    health: { path: "/", attemptMs: 500 },
    clock: systemClock,
    tell: (step) => steps.push(step),
    onGone: () => assert.fail("nobody is gone"),
  });
  const over = new AbortController();
  const running = keeper.run(over.signal);
  status = 500;
  await eventually(() => steps.length === 2, { message: "both are told sick" });
  assert.equal(bench.fleet.ready, 1);
  status = 200;
  await eventually(() => bench.fleet.ready === 2, { message: "both are back" });
  over.abort();
  await running;
});
