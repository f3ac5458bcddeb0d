import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import { createRedactor } from "../../../src/base/redact.ts";
import { DeliveryQueue } from "../../../src/notify/delivery_queue.ts";
import { Notifications } from "../../../src/notify/notifications.ts";
import { attempt } from "../../support/notifications_bench.ts";
import { unavailable } from "../../support/queue_bench.ts";
import { RecordingNotifier } from "../../support/recording_notifier.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const MINUTE = 60_000;
const DEPLOYS = 60;

/** What a notifier does that is no use. */
const DEAD: Readonly<Record<string, () => Promise<void>>> = {
  hangs: () => new Promise(() => {}),
  fails: () => Promise.reject(unavailable()),
  "has a defect": () => {
    throw new TypeError("Cannot read properties of undefined");
  },
};

for (const [what, onSend] of Object.entries(DEAD)) {
  Deno.test(`a notifier that ${what} for an hour costs a deploy nothing, and another notifier neither`, async () => {
    const clock = new VirtualClock();
    const dead = new RecordingNotifier();
    const well = new RecordingNotifier();
    dead.onSend = onSend;
    const told: DeployEvent[] = [];
    const emit = (event: DeployEvent) => void told.push(event);
    const notifications = new Notifications({
      queues: [dead, well].map((notifier) =>
        new DeliveryQueue({ notifier, clock, emit })
      ),
      command: "server",
      redact: createRedactor({}),
      clock,
      thread: undefined,
    });
    await notifications.begin();
    for (let deploy = 1; deploy <= DEPLOYS; deploy++) {
      const tag = `v1.${deploy}.0`;
      const before = clock.now();
      const events: readonly DeployEvent[] = [
        ...attempt(tag),
        { type: "server-started", tag, ports: 1, restarted: true },
        { type: "deploy-succeeded", tag, durationMs: 1_500 },
      ];
      // Nothing is returned that a deploy could wait for.
      for (const event of events) {
        assert.equal(notifications.take(event), undefined);
      }
      assert.equal(clock.now(), before);
      await clock.run(MINUTE);
      assert.equal(well.notices.length, 5 * deploy, "the other has all");
    }
    assert.equal(dead.notices.length, 0);
    const types = new Set(told.map(({ type }) => type));
    assert.ok(types.has("notification-failed"), [...types].join());
    assert.ok(types.has("notifications-dropped"), [...types].join());
    // Back to life, it gets what is not an hour old yet, and of that 100 at most.
    dead.onSend = () => Promise.resolve();
    await clock.run(2 * MINUTE);
    const [last] = dead.texts.slice(-1);
    if (what !== "has a defect") {
      assert.ok(dead.notices.length >= 95, `${dead.notices.length}`);
      assert.match(last ?? "", /^Deployment completed .*: v1\.60\.0$/);
    }
    const closing = notifications[Symbol.asyncDispose]();
    await clock.run(5_000);
    await closing;
  });
}
