import { elapsedMs } from "../base/elapsed.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Clock } from "../base/time.ts";
import type { Notifier } from "./notifier.ts";

/** Failures are told no more often, milliseconds. */
const REMIND_MS = 10 * 60_000;

/** What a {@link DeliveryTeller} works with. */
export interface TellerOptions {
  readonly notifier: Pick<Notifier, "name">;
  readonly clock: Pick<Clock, "now">;
  readonly emit: EmitEvent;
}

/** Tells the log how a notifier does: the first failure in a row, now and then that it lasts, and its end. */
export class DeliveryTeller {
  readonly #options: TellerOptions;
  #failures = 0;
  #failureToldAt = -Infinity;
  #dropped = 0;
  #dropToldAt = -Infinity;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  failed(cause: unknown): void {
    const { notifier: { name: notifier }, clock, emit } = this.#options;
    this.#failures++;
    const now = clock.now();
    if (elapsedMs(this.#failureToldAt, now) < REMIND_MS) return;
    this.#failureToldAt = now;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const failures = this.#failures;
    emit({ type: "notification-failed", notifier, error, failures });
  }

  succeeded(): void {
    this.#tellDropped("it did not take them");
    const { notifier: { name: notifier }, emit } = this.#options;
    const failures = this.#failures;
    if (failures === 0) return;
    this.#failures = 0;
    this.#failureToldAt = -Infinity;
    emit({ type: "notification-recovered", notifier, failures });
  }

  /** Counts messages that nobody will get, and tells of them now and then. */
  dropped(count: number, reason: string): void {
    this.#dropped += count;
    const now = this.#options.clock.now();
    if (elapsedMs(this.#dropToldAt, now) < REMIND_MS) return;
    this.#dropToldAt = now;
    this.#tellDropped(reason);
  }

  /** Tells of all that nobody will get any more. */
  ended(count: number): void {
    this.#dropped += count;
    this.#tellDropped("dewy has stopped");
  }

  #tellDropped(reason: string): void {
    const { notifier: { name: notifier }, emit } = this.#options;
    const count = this.#dropped;
    if (count === 0) return;
    this.#dropped = 0;
    emit({ type: "notifications-dropped", notifier, count, reason });
  }
}
