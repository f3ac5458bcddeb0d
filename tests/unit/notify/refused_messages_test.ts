import assert from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { QueueBench, unavailable } from "../../support/queue_bench.ts";

function refuse(): Promise<never> {
  return Promise.reject(new SourceError("denied", "token_revoked"));
}

Deno.test("DeliveryQueue tells each message that was refused, the first as notable, and pauses no longer for them", async () => {
  const bench = new QueueBench();
  const { notifier } = bench;
  notifier.onSend = refuse;
  for (let index = 0; index < 8; index++) bench.push(`${index}`);
  await bench.clock.run(1);
  assert.deepEqual(
    bench.drops().map(({ count, total, notable }) => [count, total, notable]),
    [
      [1, 1, true],
      ...[1, 2, 3, 4, 5, 6, 7].map((total) => [1, total, false]),
    ],
  );
  let failures = 1;
  notifier.onSend = () =>
    failures-- > 0 ? Promise.reject(unavailable()) : Promise.resolve();
  bench.push("well");
  await bench.clock.run(1_000);
  assert.deepEqual(notifier.texts, ["well"]);
  const last = bench.events.at(-1);
  assert.ok(last?.type === "notification-recovered");
  assert.equal(last.dropped, 7);
});

Deno.test("DeliveryQueue says at the stop what was refused, and what was not tried", async () => {
  const bench = new QueueBench();
  bench.notifier.onSend = ({ id }) =>
    id === "last" ? new Promise(() => {}) : refuse();
  for (const text of ["a", "b", "c", "last"]) bench.push(text);
  await bench.clock.run(1);
  const closing = bench.queue.close(5_000);
  await bench.clock.run(5_000);
  await closing;
  assert.deepEqual(
    bench.drops().filter(({ notable }) => notable)
      .map(({ total, reason }) => [total, reason]),
    [[1, "it was refused"], [2, "it was refused"], [1, "dewy has stopped"]],
  );
});
