import { SourceError } from "../../src/base/errors.ts";
import type { DeployEvent } from "../../src/base/event.ts";
import { DeliveryQueue } from "../../src/notify/delivery_queue.ts";
import type { Notice } from "../../src/notify/notifier.ts";
import { RecordingNotifier } from "./recording_notifier.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** A queue that sends to a notifier which does what a test says. */
export class QueueBench {
  readonly clock = new VirtualClock();
  readonly notifier = new RecordingNotifier();
  readonly events: DeployEvent[] = [];
  readonly queue = new DeliveryQueue({
    notifier: this.notifier,
    clock: this.clock,
    emit: (event) => this.events.push(event),
  });

  constructor() {
    this.queue.begin();
  }

  push(text: string, kind: Notice["kind"] = "important"): void {
    this.queue.push({
      kind,
      level: "info",
      text: [text],
      id: text,
      event: "test",
      time: this.clock.now(),
    });
  }

  drops(): Extract<DeployEvent, { type: "notifications-dropped" }>[] {
    return this.events.filter((event) =>
      event.type === "notifications-dropped"
    );
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

/** What a notifier fails with that may be tried again. */
export function unavailable(retryAfterMs = 0): SourceError {
  return new SourceError("unavailable", "Out of order", { retryAfterMs });
}
