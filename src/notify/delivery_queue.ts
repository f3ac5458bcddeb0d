import { SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import {
  backoffMs,
  type BackoffPolicy,
  type MonotonicClock,
  withDeadline,
} from "../base/time.ts";
import { DeliveryTeller } from "./delivery_teller.ts";
import { isWanted, type Notice, type Notifier } from "./notifier.ts";

/** Longest time for one attempt, milliseconds. */
const ATTEMPT_MS = 10_000;
/** So many messages wait at most. */
const MAX_WAITING = 100;
/** A message that could not be sent for so long is of no use any more, milliseconds. */
const MAX_AGE_MS = 60 * 60_000;
/** A receiver that asks for a longer pause is not believed, milliseconds. */
const LONGEST_WISH_MS = 10 * 60_000;
const BACKOFF: BackoffPolicy = { baseMs: 1_000, maxMs: 60_000 };

interface Waiting {
  readonly notice: Notice;
  /** Monotonic milliseconds: a clock that is set makes no message old. */
  readonly since: number;
}

/** What a {@link DeliveryQueue} works with. */
export interface DeliveryOptions {
  readonly notifier: Notifier;
  readonly clock: MonotonicClock;
  /** Hears of failures. */
  readonly emit: EmitEvent;
}

/**
 * The messages that wait for one notifier: sent in order, one at a time, again
 * with growing pauses when that fails, and never waited for. When too many
 * wait, the oldest that is only good to know goes.
 */
export class DeliveryQueue {
  readonly #options: DeliveryOptions;
  readonly #teller: DeliveryTeller;
  readonly #stopped = new AbortController();
  /** Aborted when nobody may be waited for any longer. */
  #hurry = new AbortController();
  #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;
  #isOpen = false;
  #failures = 0;
  /** When the stop waits no longer, monotonic milliseconds. */
  #endsAt = Infinity;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#teller = new DeliveryTeller(options);
  }

  /** Names its notifier. */
  get name(): string {
    return this.#options.notifier.name;
  }

  /** Takes a message, if the notifier is to get it, and returns at once. */
  push(notice: Notice): void {
    if (!isWanted(notice, this.#options.notifier.quiet)) return;
    const since = this.#options.clock.monotonic();
    this.#waiting.push({ notice, since });
    if (this.#waiting.length > MAX_WAITING) this.#makeRoom();
    this.#start();
  }

  /** Takes messages of an event back that nobody was sent yet. */
  withdraw(event: string): void {
    if (this.#isOpen) return;
    this.#waiting = this.#waiting.filter(({ notice }) =>
      notice.event !== event
    );
  }

  /** Begins to send. */
  begin(): void {
    this.#isOpen = true;
    this.#start();
  }

  /** Sends what waits for at most `ms`, and gives up the rest. */
  async close(ms: number): Promise<void> {
    const { clock, notifier } = this.#options;
    this.#endsAt = clock.monotonic() + ms;
    this.#hurry.abort();
    if (this.#sending !== undefined) {
      const over = new AbortController();
      const timeUp = clock.delay(ms, over.signal);
      await Promise.race([this.#sending, timeUp]);
      over.abort();
    }
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#stopped.abort(new DOMException("Dewy has stopped", "AbortError"));
    notifier.close?.();
    const { length } = this.#waiting;
    this.#waiting = [];
    // A dewy that did not start has nothing to tell.
    if (wasOpen) this.#teller.ended(length);
  }

  #start(): void {
    const hasWork = this.#isOpen && this.#waiting.length > 0;
    if (hasWork && this.#sending === undefined) this.#sending = this.#sendAll();
  }

  /** Never rejects. */
  async #sendAll(): Promise<void> {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || this.#stopped.signal.aborted) break;
      const pauseMs = await this.#attempt(first);
      if (this.#stopped.signal.aborted) break;
      if (pauseMs === undefined) this.#remove(first);
      else if (this.#options.clock.monotonic() + pauseMs >= this.#endsAt) break;
      else await this.#pause(pauseMs);
    }
    // At once: what is pushed from here on has to start it again.
    this.#sending = undefined;
  }

  /** Returns the pause before the next attempt, or `undefined` when there is to be none. */
  async #attempt({ notice, since }: Waiting): Promise<number | undefined> {
    const { notifier, clock } = this.#options;
    try {
      await withDeadline({
        signal: this.#stopped.signal,
        ms: ATTEMPT_MS,
        onTimeout: () => timeoutError(notifier.name),
        abandon: true,
        clock,
      }, (signal) => notifier.send(notice, signal));
      this.#failures = 0;
      this.#teller.succeeded();
      return undefined;
    } catch (error) {
      if (this.#stopped.signal.aborted) return undefined;
      this.#failures++;
      this.#teller.failed(error);
      return this.#pauseAfter(error, since);
    }
  }

  #pauseAfter(error: unknown, since: number): number | undefined {
    if (!isPassing(error)) {
      // It did answer: the next message is another matter.
      this.#failures = 0;
      this.#teller.dropped(1, "it was refused");
      return undefined;
    }
    if (this.#options.clock.monotonic() - since >= MAX_AGE_MS) {
      this.#teller.dropped(1, "it could not be delivered for an hour");
      return undefined;
    }
    const wishMs = Math.min(error.retryAfterMs, LONGEST_WISH_MS);
    return Math.max(backoffMs(this.#failures, BACKOFF, Math.random()), wishMs);
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#hurry;
    await this.#options.clock.delay(ms, signal);
    // What is left at the stop is tried at once, and after that with pauses again.
    if (signal.aborted) this.#hurry = new AbortController();
  }

  #remove(sent: Waiting): void {
    // It may have made room meanwhile.
    if (this.#waiting[0] === sent) this.#waiting.shift();
  }

  /** The first one is on its way already. */
  #makeRoom(): void {
    const index = this.#waiting.findIndex(({ notice }, index) =>
      index > 0 && notice.kind === "normal"
    );
    this.#waiting.splice(index < 0 ? 1 : index, 1);
    this.#teller.dropped(1, `more than ${MAX_WAITING} waited`);
  }
}

function isPassing(error: unknown): error is SourceError {
  return error instanceof SourceError &&
    (error.code === "unavailable" || error.code === "timeout");
}

function timeoutError(name: string): SourceError {
  return new SourceError(
    "timeout",
    `${name} did not take a message in ${ATTEMPT_MS / 1000} s`,
    { hint: "Check the network between this host and it" },
  );
}
