import type { DeployEvent } from "../../src/base/event.ts";
import { createRedactor } from "../../src/base/redact.ts";
import { DeliveryQueue } from "../../src/notify/delivery_queue.ts";
import {
  Notifications,
  type NotificationsOptions,
} from "../../src/notify/notifications.ts";
import { RecordingNotifier } from "./recording_notifier.ts";
import { result, SAMPLES } from "./sample_events.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** What the filter of a bench masks. */
export const BENCH_SECRET = "correct-horse-battery";

/** Notifications with two notifiers, one of which is quiet. */
export class NotificationsBench {
  readonly clock = new VirtualClock();
  readonly loud = new RecordingNotifier();
  readonly quiet = new RecordingNotifier({ quiet: true });
  readonly notifications: Notifications;

  constructor(
    { isBegun = true, runs }: {
      /** Whether they are sent from the start on. */
      readonly isBegun?: boolean;
    } & Pick<NotificationsOptions, "runs"> = {},
  ) {
    const { clock } = this;
    this.notifications = new Notifications({
      queues: [this.loud, this.quiet].map((notifier) =>
        new DeliveryQueue({ notifier, clock, emit: () => {} })
      ),
      command: "server",
      redact: createRedactor({ API_TOKEN: BENCH_SECRET }),
      clock,
      thread: undefined,
      ...(runs === undefined ? {} : { runs }),
    });
    if (isBegun) void this.notifications.begin();
  }

  /** Takes events and returns what the loud notifier got of them. */
  async tell(...events: readonly DeployEvent[]): Promise<string[]> {
    const before = this.loud.texts.length;
    for (const event of events) this.notifications.take(event);
    await this.clock.run(0);
    return this.loud.texts.slice(before);
  }

  /** A failed tick. */
  fail(failures: number): Promise<string[]> {
    return this.tell({ ...SAMPLES["tick-failed"], failures });
  }

  /** A tick that succeeds after others that did not. */
  recover(failures: number): Promise<string[]> {
    return this.tell({ type: "errors-cleared", failures });
  }
}

/** A deploy that fails. */
export function failedDeploy(tag: string, error: Error): DeployEvent {
  const retryAt = Date.UTC(2026, 0, 15, 0, 5);
  const failure = { tag, error, restoredTo: "v1", attempts: 1, retryAt };
  return { type: "deploy-failed", failure };
}

/** The events of an attempt, up to its outcome. */
export function attempt(tag: string): readonly DeployEvent[] {
  return [
    { type: "deploy-started", tag, previous: "v1", reason: "newer than v1" },
    { type: "artifact-downloaded", tag },
    { type: "hook-finished", result },
  ];
}
