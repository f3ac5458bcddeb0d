import assert from "node:assert/strict";
import { IdleWatch, type Watched } from "../../../src/proxy/tcp/idle_watch.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

class Line implements Watched {
  progress = 0;
  ends = 0;
  end(): void {
    this.ends++;
  }
}

Deno.test("IdleWatch ends what has not moved for its time, and nothing before", async () => {
  const clock = new VirtualClock();
  const watch = new IdleWatch(clock, 8_000);
  const line = new Line();
  watch.add(line);
  await clock.run(7_999);
  assert.equal(line.ends, 0);
  await clock.run(1_001);
  assert.ok(line.ends > 0);
  watch.delete(line);
  await watch.stopped;
});

Deno.test("IdleWatch lets a session live that moves now and then", async () => {
  const clock = new VirtualClock();
  const watch = new IdleWatch(clock, 8_000);
  const line = new Line();
  watch.add(line);
  for (let round = 0; round < 20; round++) {
    await clock.run(7_000);
    line.progress++;
  }
  assert.equal(line.ends, 0);
  await clock.run(10_000);
  assert.ok(line.ends > 0);
  watch.delete(line);
  await watch.stopped;
});

Deno.test("IdleWatch stops with the last session and starts with the next", async () => {
  const clock = new VirtualClock();
  const watch = new IdleWatch(clock, 8_000);
  for (let round = 0; round < 2; round++) {
    const lines = [new Line(), new Line()];
    for (const line of lines) watch.add(line);
    await clock.run(10_000);
    assert.ok(lines.every(({ ends }) => ends > 0));
    for (const line of lines) watch.delete(line);
    await watch.stopped;
  }
});

Deno.test("IdleWatch without a time-out looks at nothing", async () => {
  const clock = new VirtualClock();
  const watch = new IdleWatch(clock, 0);
  const line = new Line();
  watch.add(line);
  await clock.run(1e9);
  assert.equal(line.ends, 0);
  watch.delete(line);
  await watch.stopped;
});
