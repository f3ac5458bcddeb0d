import assert from "node:assert/strict";
import type { Backend, BackendState } from "../../../src/proxy/backend.ts";
import {
  Balancer,
  type Session,
  type Slot,
} from "../../../src/proxy/balancer.ts";
import { Attempt } from "../../../src/proxy/tcp/attempt.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function backend(id: string, state: BackendState = "ready"): Backend {
  return { id, hostname: "127.0.0.1", port: 1, state };
}

function balancerOf(...ids: readonly string[]): Balancer {
  const balancer = new Balancer();
  balancer.replace(ids.map((id) => backend(id)));
  return balancer;
}

function pickSlot(balancer: Balancer): Slot {
  const slot = balancer.pick();
  assert.ok(slot);
  return slot;
}

function picks(balancer: Balancer, count: number): string[] {
  return Array.from(
    { length: count },
    () => balancer.pick()?.backend.id ?? "none",
  );
}

const OPEN: Session = { end: () => {} };
const NEVER = new AbortController().signal;

Deno.test("the balancer deals out ready backends in turn, and no others", () => {
  const balancer = new Balancer();
  balancer.replace([
    backend("a"),
    backend("b", "draining"),
    backend("c"),
    backend("d", "ejected"),
  ]);
  assert.deepEqual(picks(balancer, 4).sort(), ["a", "a", "c", "c"]);
});

Deno.test("the balancer has nothing to give when no backend is ready", () => {
  const balancer = new Balancer();
  assert.equal(balancer.pick(), undefined);
  balancer.replace([backend("a", "draining")]);
  assert.equal(balancer.pick(), undefined);
});

Deno.test("a new table takes effect at once and keeps what is in flight", () => {
  const balancer = balancerOf("a", "b");
  const slot = pickSlot(balancer);
  const { id } = slot.backend;
  balancer.enter(slot, OPEN);
  balancer.replace([backend("c")]);
  assert.deepEqual(picks(balancer, 2), ["c", "c"]);
  assert.equal(balancer.inFlight(id), 1);
  balancer.leave(slot, OPEN);
  assert.equal(balancer.inFlight(id), 0);
});

Deno.test("a backend that comes back while it drains has its work counted on", () => {
  const balancer = balancerOf("a");
  const slot = pickSlot(balancer);
  balancer.enter(slot, OPEN);
  balancer.replace([backend("b")]);
  balancer.replace([backend("a")]);
  assert.equal(balancer.inFlight("a"), 1);
  assert.equal(pickSlot(balancer), slot);
});

Deno.test("what was tried already is not picked again", () => {
  const balancer = balancerOf("a", "b");
  const first = pickSlot(balancer);
  const second = balancer.pick(new Set([first]));
  assert.ok(second);
  assert.notEqual(second, first);
  assert.equal(balancer.pick(new Set([first, second])), undefined);
});

Deno.test("a backend that cannot be reached is passed over, longer each time, and comes back", async () => {
  const clock = new VirtualClock();
  const ejection = { failures: 2, baseMs: 1_000, maxMs: 30_000 };
  const balancer = new Balancer({ clock, ejection });
  balancer.replace([backend("a"), backend("b")]);
  const a = balancer.pick(new Set([...balancerSlots(balancer, "b")]));
  assert.equal(a?.backend.id, "a");
  balancer.failed(a);
  assert.ok(picks(balancer, 4).includes("a"), "one failure is none");
  balancer.failed(a);
  assert.deepEqual(new Set(picks(balancer, 4)), new Set(["b"]));
  await clock.run(1_000);
  assert.ok(picks(balancer, 4).includes("a"));
  balancer.failed(a);
  await clock.run(1_000);
  assert.ok(!picks(balancer, 4).includes("a"), "the second pause is longer");
  await clock.run(1_000);
  assert.ok(picks(balancer, 4).includes("a"));
  balancer.succeeded(a);
  balancer.failed(a);
  assert.ok(picks(balancer, 4).includes("a"), "a success clears the account");
});

Deno.test("the last backend is never passed over", () => {
  const balancer = balancerOf("a", "b");
  for (const slot of balancerSlots(balancer, "a", "b")) {
    for (let time = 0; time < 10; time++) balancer.failed(slot);
  }
  const left = new Set(picks(balancer, 4));
  assert.equal(left.size, 1);
  const [survivor = ""] = left;
  balancer.replace([backend(survivor === "a" ? "b" : "a")]);
  assert.equal(pickSlot(balancer).backend.id, survivor === "a" ? "b" : "a");
});

Deno.test("arrival waits for a backend, and gives up with its signal", async () => {
  const balancer = new Balancer();
  const waiting = balancer.arrival(NEVER);
  balancer.replace([backend("a", "draining")]);
  balancer.replace([backend("a")]);
  await waiting;
  assert.equal(pickSlot(balancer).backend.id, "a");
  balancer.replace([]);
  const controller = new AbortController();
  const inVain = balancer.arrival(controller.signal);
  controller.abort();
  await inVain;
  assert.equal(balancer.pick(), undefined);
});

Deno.test("drained waits for the last session", async () => {
  const balancer = balancerOf("a");
  const slot = pickSlot(balancer);
  const [one, two]: Session[] = [{ end: () => {} }, { end: () => {} }];
  assert.ok(one && two);
  balancer.enter(slot, one);
  balancer.enter(slot, two);
  balancer.replace([]);
  let isDone = false;
  const drained = balancer.drained("a", NEVER).then((result) => {
    isDone = true;
    return result;
  });
  balancer.leave(slot, one);
  await Promise.resolve();
  assert.ok(!isDone);
  balancer.leave(slot, two);
  assert.deepEqual(await drained, { cut: 0 });
});

Deno.test("drained ends what is left when the time is over, and does not wait for ever", async () => {
  const clock = new VirtualClock();
  const balancer = new Balancer({ clock });
  balancer.replace([backend("a")]);
  const slot = pickSlot(balancer);
  const polite: Session = { end: () => balancer.leave(slot, polite) };
  let deafEnded = 0;
  const deaf: Session = { end: () => deafEnded++ };
  balancer.enter(slot, polite);
  balancer.enter(slot, deaf);
  balancer.replace([]);
  const controller = new AbortController();
  const drained = balancer.drained("a", controller.signal);
  controller.abort();
  await clock.run(2_000);
  assert.deepEqual(await drained, { cut: 2 });
  assert.equal(deafEnded, 1);
  assert.equal(balancer.inFlight("a"), 1);
});

function balancerSlots(
  balancer: Balancer,
  ...ids: readonly string[]
): Slot[] {
  const slots = new Map<string, Slot>();
  for (let turn = 0; turn < balancer.size; turn++) {
    const slot = balancer.pick();
    if (slot) slots.set(slot.backend.id, slot);
  }
  return ids.flatMap((id) => slots.get(id) ?? []);
}

Deno.test("work that enters a backend that has left meanwhile is waited for", async () => {
  const balancer = balancerOf("a");
  const slot = pickSlot(balancer);
  balancer.replace([]);
  balancer.enter(slot, OPEN);
  assert.equal(balancer.inFlight("a"), 1);
  assert.deepEqual([...balancer.busy], [["a", 1]]);
  const draining = balancer.drained("a", NEVER);
  balancer.leave(slot, OPEN);
  assert.deepEqual(await draining, { cut: 0 });
  assert.equal(balancer.inFlight("a"), 0);
});

Deno.test("work of a backend that has left and come back is counted with the new one's", async () => {
  const balancer = balancerOf("a");
  const before = pickSlot(balancer);
  balancer.replace([]);
  balancer.replace([backend("a")]);
  const after = pickSlot(balancer);
  const ended: string[] = [];
  const session = (name: string, slot: Slot): Session => {
    const self: Session = {
      end: () => {
        ended.push(name);
        balancer.leave(slot, self);
      },
    };
    return self;
  };
  balancer.enter(before, session("before", before));
  balancer.enter(after, session("after", after));
  assert.equal(balancer.inFlight("a"), 2);
  assert.deepEqual([...balancer.busy], [["a", 2]]);
  balancer.replace([]);
  const drained = await balancer.drained("a", AbortSignal.abort());
  assert.deepEqual(drained, { cut: 2 });
  assert.deepEqual(ended.sort(), ["after", "before"]);
  assert.equal(balancer.busy.size, 0);
});

Deno.test("work is counted by backend, attempts to reach it are not", () => {
  const balancer = balancerOf("a", "b");
  const [a, b] = balancerSlots(balancer, "a", "b");
  assert.ok(a !== undefined && b !== undefined);
  for (let times = 0; times < 3; times++) {
    const session: Session = { end: () => {} };
    balancer.enter(a, session);
    balancer.leave(a, session);
  }
  balancer.enter(b, new Attempt());
  assert.deepEqual([...balancer.taken], [["a", 3], ["b", 0]]);
  balancer.replace([backend("a")]);
  assert.deepEqual([...balancer.taken], [["a", 3]]);
});
