import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import { NotificationsBench } from "../../support/notifications_bench.ts";
import { SAMPLES } from "../../support/sample_events.ts";

const MINUTE = 60_000;
const POLL = SAMPLES["registry-answered"];
const SICK = SAMPLES["container-sick"];
const WELL = SAMPLES["container-well"];

/** Has events come by turns, a second apart, until six messages were told. */
async function flap(
  bench: NotificationsBench,
  ...events: readonly DeployEvent[]
): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await bench.clock.run(1_000);
    await bench.tell(events[turn % events.length] ?? POLL);
  }
}

Deno.test("Notifications tell what has become of a container, once it has come to rest", async () => {
  for (
    const [last, text] of [
      [
        SICK,
        "Container web-1-0 is sick and gets no more work: /healthz answered 503",
      ],
      [WELL, "Container web-1-0 is well again"],
    ] as const
  ) {
    const bench = new NotificationsBench();
    await flap(bench, SICK, WELL);
    assert.equal(bench.loud.texts.length, 6, bench.loud.texts.join("\n"));
    await bench.tell(last);
    const at = bench.clock.now();
    await bench.clock.run(9 * MINUTE);
    assert.deepEqual(await bench.tell(POLL), []);
    await bench.clock.run(MINUTE);
    assert.deepEqual(await bench.tell(POLL), [text]);
    assert.equal(bench.loud.notices.at(-1)?.time, at);
    assert.equal(bench.loud.notices.at(-1)?.event, last.type);
    assert.deepEqual(await bench.tell(POLL), []);
  }
});

Deno.test("Notifications tell nothing late of a container that is not there any more", async () => {
  for (
    const end of [
      { type: "container-retired", name: SICK.name, cut: 0 },
      { ...SAMPLES["container-gone"], name: SICK.name },
    ] as const
  ) {
    const bench = new NotificationsBench();
    await flap(bench, SICK, WELL);
    await bench.tell(SICK, end);
    const told = bench.loud.texts.length;
    await bench.clock.run(11 * MINUTE);
    await bench.tell(POLL);
    assert.equal(bench.loud.texts.length, told);
  }
});

Deno.test("Notifications tell that the server runs again, after it had ended", async () => {
  const bench = new NotificationsBench();
  const ready = SAMPLES["worker-ready"];
  assert.deepEqual(await bench.tell(ready), []);
  assert.deepEqual(
    await bench.tell({ ...SAMPLES["worker-died"], respawnInMs: 0 }, ready),
    [
      "The server ended unexpectedly (SIGSEGV) and is started again at once",
      "The server runs again",
    ],
  );
  assert.deepEqual(await bench.tell(ready), []);
  await bench.tell(SAMPLES["worker-died"], SAMPLES["server-started"]);
  assert.deepEqual(await bench.tell(ready), []);
});

Deno.test("Notifications tell how a server that died again and again has ended up", async () => {
  const bench = new NotificationsBench();
  await flap(bench, SAMPLES["worker-died"], SAMPLES["worker-ready"]);
  assert.equal(bench.loud.texts.length, 6);
  await bench.clock.run(11 * MINUTE);
  assert.deepEqual(await bench.tell(POLL), ["The server runs again"]);
});
