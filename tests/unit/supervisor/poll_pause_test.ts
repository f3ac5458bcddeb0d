import assert from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import type { Clock } from "../../../src/base/time.ts";
import { PollPause } from "../../../src/supervisor/poll_pause.ts";

const SETTINGS = { intervalMs: 10_000, pollBackoffMaxMs: 60_000 };
const BROKEN = new SourceError("unavailable", "Cannot read the registry");

class SettableClock implements Clock {
  time = 1_000_000;
  now(): number {
    return this.time;
  }
  delay(): Promise<void> {
    return Promise.resolve();
  }
}

Deno.test("PollPause waits for the rest of the interval", () => {
  const pause = new PollPause(SETTINGS, new SettableClock());
  assert.equal(pause.nextMs(0), 10_000);
  assert.equal(pause.nextMs(4_000), 6_000);
  assert.equal(pause.nextMs(70_000), 0);
});

Deno.test("PollPause waits longer from the second failure in a row, up to the limit", () => {
  const pause = new PollPause(SETTINGS, new SettableClock());
  pause.failed(BROKEN);
  assert.equal(pause.nextMs(0), 10_000);
  pause.failed(BROKEN);
  const second = pause.nextMs(0);
  assert.ok(second >= 15_000 && second <= 20_000, String(second));
  for (let failures = 0; failures < 10; failures++) pause.failed(BROKEN);
  const last = pause.nextMs(0);
  assert.ok(last >= 45_000 && last <= 60_000, String(last));
  pause.succeeded();
  assert.equal(pause.nextMs(0), 10_000);
  assert.equal(pause.failures, 0);
});

Deno.test("PollPause keeps the interval when the backoff is off", () => {
  const settings = { ...SETTINGS, pollBackoffMaxMs: 0 };
  const pause = new PollPause(settings, new SettableClock());
  for (let failures = 0; failures < 5; failures++) pause.failed(BROKEN);
  assert.equal(pause.nextMs(0), 10_000);
});

Deno.test("PollPause leaves a registry alone for as long as it asks, also after the clock was set back", () => {
  const clock = new SettableClock();
  const pause = new PollPause(SETTINGS, clock);
  pause.failed(
    new SourceError("unavailable", "Too many requests", {
      retryAfterMs: 300_000,
    }),
  );
  assert.equal(pause.nextMs(0), 300_000);
  clock.time += 295_000;
  assert.equal(pause.nextMs(0), 10_000);
  clock.time -= 24 * 3_600_000;
  assert.equal(pause.nextMs(0), 3_600_000);
});

Deno.test("PollPause draws a pause out by a tenth of the interval at most", () => {
  const pause = new PollPause(SETTINGS, new SettableClock());
  assert.equal(pause.jitterMs(0), 0);
  assert.equal(pause.jitterMs(0.5), 500);
  assert.ok(pause.jitterMs(0.999_999) <= 1_000);
});
