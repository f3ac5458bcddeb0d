import assert from "node:assert/strict";
import { ApplicationError } from "../../../src/base/errors.ts";
import { ErrorLimit } from "../../../src/notify/error_limit.ts";
import { RepeatLimit } from "../../../src/notify/repeat_limit.ts";
import type { DeployEvent } from "../../../src/base/event.ts";
import {
  attempt,
  failedDeploy,
  NotificationsBench,
} from "../../support/notifications_bench.ts";
import { SAMPLES } from "../../support/sample_events.ts";

const MINUTE = 60_000;

/** A deploy that fails, with the tick that fails by it. */
function failure(tag: string, failures: number): readonly DeployEvent[] {
  const error = new ApplicationError(`The worker of ${tag} did not start`);
  return [
    ...attempt(tag),
    failedDeploy(tag, error),
    { type: "tick-failed", error, failures },
  ];
}

/** A tick that does nothing about a version that failed. */
function skipped(tag: string): DeployEvent {
  const reason = `${tag} failed 3 times; next attempt after 12:00`;
  return { type: "deploy-skipped", tag, reason, notable: false, asked: false };
}

Deno.test("Notifications tell that another version fails, however often one before it did", async () => {
  const bench = new NotificationsBench();
  for (let count = 1; count <= 5; count++) {
    await bench.tell(...failure("v2", count));
  }
  assert.equal(
    bench.loud.texts.filter((text) => text.includes("Error occurred")).length,
    3,
  );
  const told = await bench.tell(...failure("v3", 6));
  assert.equal(told.length, 4, told.join("\n"));
  assert.match(told[3] ?? "", /^Error occurred \(count: 6\): Deployment of v3/);
  assert.deepEqual(await bench.recover(6), [
    "Recovered after 6 failed checks",
  ]);
});

Deno.test("Notifications tell an outage, and its end, while a version that failed waits", async () => {
  const bench = new NotificationsBench();
  for (let count = 1; count <= 4; count++) {
    await bench.tell(...failure("v2", count));
  }
  for (let outage = 0; outage < 2; outage++) {
    await bench.clock.run(15 * MINUTE);
    assert.deepEqual(await bench.tell(skipped("v2")), []);
    assert.equal((await bench.fail(5)).length, 1);
    assert.equal((await bench.fail(6)).length, 1);
    assert.deepEqual(await bench.tell(skipped("v2")), [
      "Recovered after 2 failed checks; v2 still cannot be deployed",
    ]);
    assert.deepEqual(await bench.tell(skipped("v2")), []);
  }
});

Deno.test("Notifications tell a recovery once, whatever had failed", async () => {
  const bench = new NotificationsBench();
  await bench.tell(...failure("v2", 1));
  await bench.fail(2);
  assert.deepEqual(await bench.recover(2), ["Recovered after 2 failed checks"]);
  assert.deepEqual(await bench.tell(SAMPLES["registry-answered"]), []);
});

Deno.test("ErrorLimit and RepeatLimit begin anew when the clock is set back", () => {
  const errors = new ErrorLimit();
  const repeats = new RepeatLimit();
  const check = { text: ["no answer"], failures: 1 };
  const message = {
    kind: "important",
    level: "error",
    text: ["sick"],
    topic: "sickness",
  } as const;
  const at = (now: number) => {
    const isTold = [
      errors.failed(check, now),
      repeats.allow({ message, event: "test", at: now }),
    ];
    errors.cleared(1, now);
    return isTold.map((told) => told !== undefined);
  };
  const now = Date.UTC(2036, 0, 1);
  for (let time = 0; time < 3; time++) assert.deepEqual(at(now), [true, true]);
  assert.deepEqual(at(now), [false, false]);
  assert.deepEqual(at(Date.UTC(2026, 0, 1)), [true, true]);
});

Deno.test("Notifications have something to do for a check whose error does not say what", async () => {
  const bench = new NotificationsBench();
  const odd = new Error("Odd");
  await bench.tell({ type: "tick-failed", error: odd, failures: 1 });
  assert.match(bench.loud.notices[0]?.hint ?? "", /see the log of Dewy/);
});
