import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/time.ts";
import type { Condition } from "../../../src/rollout/instance.ts";
import { Keeper, type KeeperStep } from "../../../src/rollout/keeper.ts";
import { eventually } from "../../support/eventually.ts";
import { PORT, RolloutBench } from "../../support/rollout_bench.ts";

Deno.test("the keeper passes over who is sick, brings back who is well, and takes out who is gone", async () => {
  await using bench = new RolloutBench();
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
  await using bench = new RolloutBench();
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

Deno.test("the keeper follows an instance to other ports, and passes over one that is suspended", async () => {
  await using bench = new RolloutBench();
  await bench.roll({ tag: "v1" });
  const [moving, pausing] = bench.fleet.members;
  assert.ok(moving && pausing);
  const { runtime, fleet } = bench;
  const elsewhere = await runtime.start({ tag: "v1" }, 0);
  const conditions = new Map<string, Condition>();
  const steps: string[] = [];
  const keeper = new Keeper({
    fleet,
    runtime: {
      look: (instance) =>
        Promise.resolve(
          conditions.get(instance.id) ??
            { kind: "running", addresses: instance.addresses },
        ),
    },
    health: { path: "/", attemptMs: 500 },
    clock: systemClock,
    tell: (step) => steps.push(`${step.kind} ${step.instance.id}`),
    onGone: () => assert.fail("nobody is gone"),
  });
  const over = new AbortController();
  const running = keeper.run(over.signal);
  const { addresses } = elsewhere;
  conditions.set(moving.instance.id, { kind: "running", addresses });
  await runtime.kill(moving.instance.id);
  const portOf = (id: string) =>
    bench.front.table.find((backend) => backend.id === id);
  await eventually(() => {
    const backend = portOf(moving.instance.id);
    return backend?.state === "ready" &&
      backend.port === addresses.get(PORT)?.port;
  }, { message: "it gets work at its other port" });
  // It answers all the same, as a port does that somebody else holds open.
  const reason = "it is paused";
  conditions.set(pausing.instance.id, { kind: "suspended", reason });
  keeper.nudge();
  await eventually(() => fleet.ready === 1, { message: "it is passed over" });
  conditions.delete(pausing.instance.id);
  await eventually(() => fleet.ready === 2, { message: "it is back" });
  assert.deepEqual(
    steps.filter((step) => step.endsWith(pausing.instance.id)),
    [`sick ${pausing.instance.id}`, `well ${pausing.instance.id}`],
  );
  over.abort();
  await running;
});
