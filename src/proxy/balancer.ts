import { type Clock, systemClock } from "../base/time.ts";
import type { Backend } from "./backend.ts";
import { EJECTION, type EjectionPolicy } from "./ejection.ts";
import type { Session, Slot } from "./slot.ts";

export type { Session, Slot } from "./slot.ts";

/** What became of the sessions of a backend that was drained. */
export interface Drained {
  /** Sessions that were ended because they did not end by themselves. */
  readonly cut: number;
}

/** How long a session may take to end once it was told to, milliseconds. */
const END_MS = 2_000;

class Entry implements Slot {
  readonly sessions = new Set<Session>();
  backend: Backend;
  /** Work that it was given so far. */
  taken = 0;
  failures = 0;
  ejections = 0;
  /** Unix milliseconds; 0 when it has its turn. */
  ejectedUntil = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }
}

/** The backends of one table. */
interface Table {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Those that get new work, in turn. */
  readonly ready: readonly Entry[];
}

/**
 * Deals out the backends of one proxy port in turn. A new table takes effect
 * with one assignment: what is in flight stays where it is, and the next pick
 * sees the new table only.
 */
export class Balancer {
  #clock: Clock;
  #policy: EjectionPolicy;
  #table: Table = { entries: new Map(), ready: [] };
  #turn = 0;
  #arrivals = new Set<() => void>();
  #departures = new Map<Entry, Set<() => void>>();
  /** Not in the table, and with work in flight. */
  #leaving = new Set<Entry>();

  constructor(
    options: { readonly clock?: Clock; readonly ejection?: EjectionPolicy } =
      {},
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#policy = options.ejection ?? EJECTION;
  }

  /** Backends in the table, whatever their state. */
  get size(): number {
    return this.#table.entries.size;
  }

  /** Puts `backends` in the place of all before. */
  replace(backends: readonly Backend[]): void {
    const entries = new Map<string, Entry>();
    for (const backend of backends) {
      const entry = this.#known(backend.id)[0] ?? new Entry(backend);
      entry.backend = backend;
      entries.set(backend.id, entry);
      this.#leaving.delete(entry);
    }
    for (const [id, entry] of this.#table.entries) {
      const busy = entry.sessions.size > 0;
      if (busy && !entries.has(id)) this.#leaving.add(entry);
    }
    const ready = [...entries.values()].filter(({ backend }) =>
      backend.state === "ready"
    );
    this.#table = { entries, ready };
    if (ready.length > 0) { for (const wake of this.#arrivals) wake(); }
  }

  /**
   * Returns the backend whose turn it is, or `undefined` when there is none.
   * One that cannot be reached at present is taken only when there is no other.
   *
   * @param tried Backends that this piece of work was refused by.
   */
  pick(tried?: ReadonlySet<Slot>): Slot | undefined {
    const { ready } = this.#table;
    const { length } = ready;
    let lastResort: Entry | undefined;
    for (let step = 0; step < length; step++) {
      this.#turn = (this.#turn + 1) % length;
      const entry = ready[this.#turn];
      if (entry === undefined || tried?.has(entry)) continue;
      if (!this.#isEjected(entry)) return entry;
      lastResort ??= entry;
    }
    return lastResort;
  }

  /** Whether new work may be sent to the backend. */
  isInTurn(slot: Slot): boolean {
    return this.#table.ready.includes(entryOf(slot));
  }

  /** Resolves once there is a backend to pick, and also when `signal` is aborted. */
  async arrival(signal: AbortSignal): Promise<void> {
    if (this.#table.ready.length > 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#arrivals.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    this.#arrivals.delete(wake);
    signal.removeEventListener("abort", wake);
  }

  /** Counts `session` as work of the backend, until {@link leave}. */
  enter(slot: Slot, session: Session): void {
    const entry = entryOf(slot);
    entry.sessions.add(session);
    if (session.isAttempt !== true) entry.taken++;
    // It may have left with nothing in flight since it was picked.
    if (this.#table.entries.get(entry.backend.id) !== entry) {
      this.#leaving.add(entry);
    }
  }

  /** The session is over. */
  leave(slot: Slot, session: Session): void {
    const entry = entryOf(slot);
    entry.sessions.delete(session);
    if (entry.sessions.size > 0) return;
    this.#leaving.delete(entry);
    for (const wake of this.#departures.get(entry) ?? []) wake();
  }

  /** The backend took work: whatever was held against it is forgotten. */
  succeeded(slot: Slot): void {
    const entry = entryOf(slot);
    entry.failures = 0;
    entry.ejections = 0;
    entry.ejectedUntil = 0;
  }

  /**
   * The backend could not be reached. After a few times in a row it is passed
   * over for a while, unless it is the last one that is not.
   */
  failed(slot: Slot): void {
    const entry = entryOf(slot);
    entry.failures++;
    if (entry.failures < this.#policy.failures) return;
    const hasOther = this.#table.ready.some((other) =>
      other !== entry && !this.#isEjected(other)
    );
    if (!hasOther || this.#isEjected(entry)) return;
    const { baseMs, maxMs } = this.#policy;
    const pause = Math.min(baseMs * 2 ** entry.ejections, maxMs);
    entry.ejections++;
    entry.ejectedUntil = this.#clock.now() + pause;
  }

  /** How many sessions the backend has; 0 for one that nobody knows. */
  inFlight(id: string): number {
    return this.#known(id).reduce(
      (sum, { sessions }) => sum + sessions.size,
      0,
    );
  }

  /** What the backends have in flight that have anything, by id. */
  get busy(): ReadonlyMap<string, number> {
    const busy = new Map<string, number>();
    for (const entry of [...this.#table.entries.values(), ...this.#leaving]) {
      const { backend: { id }, sessions: { size } } = entry;
      if (size > 0) busy.set(id, (busy.get(id) ?? 0) + size);
    }
    return busy;
  }

  /** How much work each backend of the table was given so far, by id. */
  get taken(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#table.entries].map(([id, { taken }]) => [id, taken]),
    );
  }

  /**
   * Waits until nothing is in flight at a backend that was taken out of turn
   * before. What is left when `signal` is aborted is ended.
   */
  async drained(id: string, signal: AbortSignal): Promise<Drained> {
    const drained = await Promise.all(
      this.#known(id).map((entry) => this.#drained(entry, signal)),
    );
    return { cut: drained.reduce((sum, cut) => sum + cut, 0) };
  }

  async #drained(entry: Entry, signal: AbortSignal): Promise<number> {
    if (entry.sessions.size === 0) return 0;
    await this.#emptied(entry, signal);
    const left = [...entry.sessions];
    for (const session of left) session.end();
    const ended = new AbortController();
    const timeout = this.#clock.delay(END_MS, ended.signal);
    const over = new AbortController();
    void timeout.then(() => over.abort());
    await this.#emptied(entry, over.signal);
    ended.abort();
    await timeout;
    return left.length;
  }

  /** The one in the table first. */
  #known(id: string): Entry[] {
    const all = [...this.#table.entries.values(), ...this.#leaving];
    return all.filter(({ backend }) => backend.id === id);
  }

  async #emptied(entry: Entry, signal: AbortSignal): Promise<void> {
    if (entry.sessions.size === 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wakes = this.#departures.get(entry) ?? new Set();
    this.#departures.set(entry, wakes.add(resolve));
    const onAbort = () => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    signal.removeEventListener("abort", onAbort);
    wakes.delete(resolve);
    if (wakes.size === 0) this.#departures.delete(entry);
  }

  #isEjected({ ejectedUntil }: Entry): boolean {
    return ejectedUntil > 0 && ejectedUntil > this.#clock.now();
  }
}

function entryOf(slot: Slot): Entry {
  if (slot instanceof Entry) return slot;
  throw new TypeError("Cannot use a slot that no balancer dealt out");
}
