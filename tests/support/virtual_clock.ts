import { setImmediate } from "node:timers/promises";
import type { MonotonicClock } from "../../src/base/time.ts";

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that stands still until {@link VirtualClock.run} moves it from one end of a pause to the next. */
export class VirtualClock implements MonotonicClock {
  #now: number;
  /** By how much the time of day was set. */
  #setBy = 0;
  #order = 0;
  /** A heap, the first to wake on top. */
  #sleepers: Sleeper[] = [];

  constructor(now = Date.UTC(2026, 0, 15)) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#setBy;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Sets the time of day forward, or back. */
  set(ms: number): void {
    this.#setBy += ms;
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = () => {
        signal.removeEventListener("abort", wake);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      this.#push({ at: this.#now + ms, order: this.#order++, wake });
    });
  }

  /** Lets `ms` pass, and everything happen that happens meanwhile. */
  async run(ms: number): Promise<void> {
    const until = this.#now + ms;
    await setImmediate();
    for (;;) {
      const [next] = this.#sleepers;
      if (next === undefined || next.at > until) break;
      this.#now = Math.max(this.#now, next.at);
      while ((this.#sleepers[0]?.at ?? Infinity) <= this.#now) {
        this.#pop()?.wake();
      }
      // All that follows from it without a pause.
      await setImmediate();
    }
    this.#now = until;
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let index = heap.push(sleeper) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfLater(parent, index)) break;
      index = parent;
    }
  }

  #pop(): Sleeper | undefined {
    const heap = this.#sleepers;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = isLater(heap[left], heap[left + 1]) ? left + 1 : left;
      if (child >= heap.length || !this.#swapIfLater(index, child)) return top;
      index = child;
    }
  }

  /** Swaps parent and child when the parent is the later one. */
  #swapIfLater(parent: number, child: number): boolean {
    const heap = this.#sleepers;
    const [a, b] = [heap[parent], heap[child]];
    if (a === undefined || b === undefined || !isLater(a, b)) return false;
    heap[parent] = b;
    heap[child] = a;
    return true;
  }
}

function isLater(a: Sleeper | undefined, b: Sleeper | undefined): boolean {
  if (a === undefined || b === undefined) return a === undefined;
  return a.at === b.at ? a.order > b.order : a.at > b.at;
}
