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

/** Tells how a notifier does: each failure, the first in a row and now and then one as notable, and their end. */
export class DeliveryTeller {
  readonly #options: TellerOptions;
  #failures = 0;
  #failureToldAt = -Infinity;
  /** Messages that were dropped since that was notable. */
  #dropped = 0;
  #dropReason = "";
  #dropToldAt = -Infinity;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  failed(cause: unknown): void {
    const { notifier: { name: notifier }, clock, emit } = this.#options;
    this.#failures++;
    const now = clock.now();
    const notable = elapsedMs(this.#failureToldAt, now) >= REMIND_MS;
    if (notable) this.#failureToldAt = now;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const failures = this.#failures;
    emit({ type: "notification-failed", notifier, error, failures, notable });
  }

  succeeded(): void {
    const { notifier: { name: notifier }, emit } = this.#options;
    const failures = this.#failures;
    if (failures === 0) return;
    const dropped = this.#dropped;
    this.#failures = 0;
    this.#failureToldAt = -Infinity;
    this.#dropped = 0;
    this.#dropToldAt = -Infinity;
    emit({ type: "notification-recovered", notifier, failures, dropped });
  }

  /** Tells of messages that nobody will get. */
  dropped(count: number, reason: string): void {
    const now = this.#options.clock.now();
    const notable = elapsedMs(this.#dropToldAt, now) >= REMIND_MS;
    if (notable) this.#dropToldAt = now;
    this.#tellDropped(count, { reason, notable });
  }

  /** Tells of all that nobody will get any more. */
  ended(count: number): void {
    if (this.#dropped > 0) {
      this.#tellDropped(0, { reason: this.#dropReason, notable: true });
    }
    if (count > 0) {
      this.#tellDropped(count, { reason: "dewy has stopped", notable: true });
    }
  }

  #tellDropped(
    count: number,
    { reason, notable }: { readonly reason: string; readonly notable: boolean },
  ): void {
    const { notifier: { name: notifier }, emit } = this.#options;
    const total = this.#dropped + count;
    this.#dropped = notable ? 0 : total;
    this.#dropReason = reason;
    const type = "notifications-dropped";
    emit({ type, notifier, count, total, reason, notable });
  }
}
