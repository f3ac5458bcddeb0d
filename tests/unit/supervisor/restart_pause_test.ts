import assert from "node:assert/strict";
import type { Clock } from "../../../src/base/time.ts";
import { RestartPause } from "../../../src/supervisor/restart_pause.ts";

const never = new AbortController().signal;

/** Notes down what is waited for, and lets that time pass. */
class PassingClock implements Clock {
  time = 1_000_000;
  readonly waits: number[] = [];

  now(): number {
    return this.time;
  }

  delay(ms: number): Promise<void> {
    this.waits.push(ms);
    this.time += ms;
    return Promise.resolve();
  }
}

Deno.test("RestartPause replaces the first at once, and the next ones later and later", async () => {
  const clock = new PassingClock();
  const pause = new RestartPause(clock);
  const told: (number | undefined)[] = [];
  for (let death = 0; death < 9; death++) {
    pause.began(`${death}`);
    clock.time += 1_000;
    told.push(pause.ended(`${death}`));
    await pause.over(never);
  }
  const [first, second = 0, third = 0] = clock.waits;
  assert.equal(first, 0);
  assert.ok(second >= 750 && second <= 1_000, `${second}`);
  assert.ok(third >= 1_500 && third <= 2_000, `${third}`);
  assert.ok(clock.waits.every((ms) => ms <= 60_000));
  assert.ok((clock.waits.at(-1) ?? 0) >= 45_000);
  // As a crash loop, once.
  assert.deepEqual(told.filter((deaths) => deaths !== undefined), [3]);
});

Deno.test("RestartPause forgets deaths once a container has lived for a minute, and with another release", async () => {
  const clock = new PassingClock();
  const pause = new RestartPause(clock);
  const die = (id: string, livedMs: number) => {
    pause.began(id);
    clock.time += livedMs;
    return pause.ended(id);
  };
  assert.deepEqual([die("a", 10), die("b", 10)], [undefined, undefined]);
  assert.equal(die("c", 61_000), undefined);
  await pause.over(never);
  assert.equal(die("d", 10), undefined);
  pause.reset();
  await pause.over(never);
  assert.deepEqual(clock.waits, [0, 0]);
});

Deno.test("RestartPause waits after each attempt that failed, also when the clock was set back", async () => {
  const clock = new PassingClock();
  const pause = new RestartPause(clock);
  assert.ok(pause.failed() <= 1_000);
  const ms = pause.failed();
  assert.ok(ms >= 1_500 && ms <= 2_000);
  assert.equal(pause.failures, 2);
  clock.time -= 3_600_000;
  await pause.over(never);
  assert.deepEqual(clock.waits, [60_000]);
  pause.began("a");
  assert.equal(pause.failures, 0);
});
