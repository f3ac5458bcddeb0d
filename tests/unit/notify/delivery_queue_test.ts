import assert from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import type { DeployEvent } from "../../../src/base/event.ts";
import { DeliveryQueue } from "../../../src/notify/delivery_queue.ts";
import { QueueBench, unavailable } from "../../support/queue_bench.ts";
import { RecordingNotifier } from "../../support/recording_notifier.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const MINUTE = 60_000;

Deno.test("DeliveryQueue sends in order, also when an attempt fails", async () => {
  const bench = new QueueBench();
  let failures = 2;
  bench.notifier.onSend = () =>
    failures-- > 0 ? Promise.reject(unavailable()) : Promise.resolve();
  for (const text of ["a", "b", "c"]) bench.push(text);
  assert.deepEqual(bench.notifier.texts, []);
  await bench.clock.run(10_000);
  assert.deepEqual(bench.notifier.texts, ["a", "b", "c"]);
  assert.equal(bench.notifier.attempts, 5);
  assert.deepEqual(bench.types(), [
    "notification-failed",
    "notification-failed",
    "notification-recovered",
  ]);
});

Deno.test("DeliveryQueue pauses longer and longer, up to a minute", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = () => Promise.reject(unavailable());
  bench.push("a");
  await bench.clock.run(2_000);
  const early = bench.notifier.attempts;
  assert.ok(early >= 2 && early <= 3, `${early} attempts in 2 s`);
  await bench.clock.run(5 * MINUTE);
  const before = bench.notifier.attempts;
  await bench.clock.run(10 * MINUTE);
  const later = bench.notifier.attempts - before;
  assert.ok(later >= 9 && later <= 14, `${later} attempts in 10 minutes`);
});

Deno.test("DeliveryQueue waits as long as the receiver asks", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = () =>
    bench.notifier.attempts === 1
      ? Promise.reject(unavailable(30_000))
      : Promise.resolve();
  bench.push("a");
  await bench.clock.run(29_000);
  assert.equal(bench.notifier.attempts, 1);
  await bench.clock.run(1_000);
  assert.deepEqual(bench.notifier.texts, ["a"]);
});

Deno.test("DeliveryQueue gives up at once what is refused, and goes on", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = ({ id }) =>
    id === "a"
      ? Promise.reject(new SourceError("denied", "No such channel"))
      : Promise.resolve();
  bench.push("a");
  bench.push("b");
  await bench.clock.run(1);
  assert.deepEqual(bench.notifier.texts, ["b"]);
  assert.equal(bench.notifier.attempts, 2);
});

Deno.test("DeliveryQueue calls an attempt off after 10 s, even one that ignores that", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = () =>
    bench.notifier.attempts === 1 ? new Promise(() => {}) : Promise.resolve();
  bench.push("a");
  await bench.clock.run(9_999);
  assert.equal(bench.notifier.attempts, 1);
  await bench.clock.run(2_000);
  assert.deepEqual(bench.notifier.texts, ["a"]);
  const [failure] = bench.events;
  assert.ok(failure?.type === "notification-failed");
  assert.match(failure.error.message, /did not take a message in 10 s/);
});

Deno.test("DeliveryQueue keeps 100 messages, important ones first, and says what it drops", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = () => new Promise(() => {});
  bench.push("first");
  for (let index = 0; index < 60; index++) bench.push(`n${index}`, "normal");
  for (let index = 0; index < 60; index++) bench.push(`i${index}`);
  bench.notifier.onSend = () => Promise.resolve();
  await bench.clock.run(MINUTE);
  const { texts } = bench.notifier;
  assert.equal(texts.length, 100);
  assert.equal(texts[0], "first");
  assert.equal(texts[1], "n21");
  assert.equal(texts.at(-1), "i59");
  const dropped = bench.drops();
  assert.equal(dropped.reduce((sum, { count }) => sum + count, 0), 21);
});

Deno.test("DeliveryQueue drops the oldest when all are important, but not the one on its way", async () => {
  const bench = new QueueBench();
  const { promise, resolve } = Promise.withResolvers<void>();
  bench.notifier.onSend = () => promise;
  for (let index = 0; index < 102; index++) bench.push(`i${index}`);
  resolve();
  await bench.clock.run(MINUTE);
  const { texts } = bench.notifier;
  assert.deepEqual(texts.slice(0, 3), ["i0", "i3", "i4"]);
});

Deno.test("DeliveryQueue gives up what could not be sent for an hour, and tells the log now and then", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = () => Promise.reject(unavailable());
  bench.push("a");
  await bench.clock.run(61 * MINUTE);
  const told = bench.events.filter((event) =>
    event.type === "notification-failed" && event.notable
  );
  assert.ok(told.length >= 6 && told.length <= 7, `told ${told.length} times`);
  const { attempts } = bench.notifier;
  await bench.clock.run(10 * MINUTE);
  assert.equal(bench.notifier.attempts, attempts);
  assert.ok(bench.types().includes("notifications-dropped"));
});

for (const hours of [2, -5]) {
  Deno.test(`DeliveryQueue gives a message its hour also when the clock is set by ${hours} h`, async () => {
    const bench = new QueueBench();
    let isBroken = true;
    bench.notifier.onSend = () =>
      isBroken ? Promise.reject(unavailable()) : Promise.resolve();
    bench.push("a");
    await bench.clock.run(5 * MINUTE);
    bench.clock.set(hours * 60 * MINUTE);
    await bench.clock.run(5 * MINUTE);
    assert.deepEqual(bench.drops(), []);
    bench.push("b");
    await bench.clock.run(52 * MINUTE);
    assert.equal(bench.drops().length, 1, "the first is an hour old");
    isBroken = false;
    await bench.clock.run(2 * MINUTE);
    assert.deepEqual(bench.notifier.texts, ["b"]);
  });
}

Deno.test("DeliveryQueue tries what is left at the stop at once", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = () =>
    bench.notifier.attempts === 1
      ? Promise.reject(unavailable(MINUTE))
      : Promise.resolve();
  bench.push("a");
  await bench.clock.run(1_000);
  bench.push("b");
  const closing = bench.queue.close(5_000);
  await bench.clock.run(1);
  await closing;
  assert.deepEqual(bench.notifier.texts, ["a", "b"]);
});

Deno.test("DeliveryQueue stops in the time it is given, and says what was lost", async () => {
  const bench = new QueueBench();
  let isAborted = false;
  bench.notifier.onSend = (_notice, signal) => {
    signal.addEventListener("abort", () => isAborted = true);
    return new Promise(() => {});
  };
  bench.push("a");
  bench.push("b");
  let isClosed = false;
  const closing = bench.queue.close(5_000).then(() => isClosed = true);
  await bench.clock.run(4_999);
  assert.ok(!isClosed);
  await bench.clock.run(1);
  await closing;
  assert.ok(isAborted);
  const [event] = bench.events;
  assert.ok(event?.type === "notifications-dropped");
  assert.equal(event.count, 2);
});

Deno.test("DeliveryQueue does not hold the stop up when the next attempt would come too late", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = () => Promise.reject(unavailable(MINUTE));
  bench.push("a");
  await bench.clock.run(1_000);
  const closing = bench.queue.close(5_000);
  await bench.clock.run(0);
  await closing;
  assert.equal(bench.notifier.attempts, 2);
  assert.equal(bench.types().at(-1), "notifications-dropped");
});

Deno.test("DeliveryQueue sends nothing before it is begun, and has nothing to say then", async () => {
  const clock = new VirtualClock();
  const notifier = new RecordingNotifier();
  const events: DeployEvent[] = [];
  const emit = (event: DeployEvent) => void events.push(event);
  const queue = new DeliveryQueue({ notifier, clock, emit });
  queue.push({
    kind: "normal",
    level: "info",
    text: ["a"],
    id: "a",
    event: "started",
    time: clock.now(),
  });
  await clock.run(MINUTE);
  await queue.close(5_000);
  assert.equal(notifier.attempts, 0);
  assert.deepEqual(events, []);
});
