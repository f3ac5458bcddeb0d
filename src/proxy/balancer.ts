import { type Clock, systemClock } from "../base/time.ts";
import type { Backend } from "./backend.ts";

/** Something that occupies a backend: a request in flight, a connection, a WebSocket. */
export interface Session {
  /** Ends it in the way of its protocol; called when the time to drain is over. */
  end(): void;
}

/** A backend as one port of the proxy knows it. */
export interface Slot {
  readonly backend: Backend;
  /** What is in flight. Whoever sends work adds itself and takes itself out. */
  readonly sessions: ReadonlySet<Session>;
}

/** When a backend that cannot be reached loses its turn, for how long. */
export interface EjectionPolicy {
  /** Failures in a row that take it out. */
  readonly failures: number;
  /** The first pause, milliseconds; doubled each time. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** What became of the sessions of a backend that was drained. */
export interface Drained {
  /** Sessions that were ended because they did not end by themselves. */
  readonly cut: number;
}

const EJECTION: EjectionPolicy = { failures: 2, baseMs: 1_000, maxMs: 30_000 };

/** How long a session may take to end once it was told to, milliseconds. */
const END_MS = 2_000;

class Entry implements Slot {
  readonly sessions = new Set<Session>();
  backend: Backend;
  failures = 0;
  ejections = 0;
  /** Unix milliseconds; 0 when it has its turn. */
  ejectedUntil = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }
}

/**
 * Deals out the backends of one proxy port in turn. A new table takes effect
 * with one assignment: what is in flight stays where it is, and the next pick
 * sees the new table only.
 */
export class Balancer {
  #clock: Clock;
  #policy: EjectionPolicy;
  #entries: ReadonlyMap<string, Entry> = new Map();
  #ready: readonly Entry[] = [];
  #turn = 0;
  #arrivals = new Set<() => void>();
  #departures = new Map<Entry, Set<() => void>>();
  /** Backends that left the table with work in flight, by id. */
  #leaving = new Map<string, Entry>();

  constructor(
    options: { readonly clock?: Clock; readonly ejection?: EjectionPolicy } =
      {},
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#policy = options.ejection ?? EJECTION;
  }

  /** Backends in the table, whatever their state. */
  get size(): number {
    return this.#entries.size;
  }

  /** Puts `backends` in the place of all before. */
  replace(backends: readonly Backend[]): void {
    const entries = new Map<string, Entry>();
    for (const backend of backends) {
      const known = this.#entries.get(backend.id) ??
        this.#leaving.get(backend.id);
      const entry = known ?? new Entry(backend);
      entry.backend = backend;
      entries.set(backend.id, entry);
      this.#leaving.delete(backend.id);
    }
    for (const [id, entry] of this.#entries) {
      const busy = entry.sessions.size > 0;
      if (busy && !entries.has(id)) this.#leaving.set(id, entry);
    }
    this.#entries = entries;
    this.#ready = [...entries.values()].filter(({ backend }) =>
      backend.state === "ready"
    );
    if (this.#ready.length > 0) { for (const wake of this.#arrivals) wake(); }
  }

  /**
   * Returns the backend whose turn it is, or `undefined` when there is none.
   * One that cannot be reached at present is taken only when there is no other.
   *
   * @param tried Backends that this piece of work was refused by.
   */
  pick(tried?: ReadonlySet<Slot>): Slot | undefined {
    const ready = this.#ready;
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
    return this.#ready.includes(entryOf(slot));
  }

  /** Resolves once there is a backend to pick, and also when `signal` is aborted. */
  async arrival(signal: AbortSignal): Promise<void> {
    if (this.#ready.length > 0 || signal.aborted) return;
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
    entryOf(slot).sessions.add(session);
  }

  /** The session is over. */
  leave(slot: Slot, session: Session): void {
    const entry = entryOf(slot);
    entry.sessions.delete(session);
    if (entry.sessions.size > 0) return;
    if (this.#leaving.get(entry.backend.id) === entry) {
      this.#leaving.delete(entry.backend.id);
    }
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
    const hasOther = this.#ready.some((other) =>
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
    return this.#find(id)?.sessions.size ?? 0;
  }

  /** What the backends have in flight that have anything, by id. */
  get busy(): ReadonlyMap<string, number> {
    const all = [...this.#entries, ...this.#leaving];
    return new Map(
      all.filter(([, { sessions }]) => sessions.size > 0)
        .map(([id, { sessions }]) => [id, sessions.size]),
    );
  }

  /**
   * Waits until nothing is in flight at a backend that was taken out of turn
   * before. What is left when `signal` is aborted is ended.
   */
  async drained(id: string, signal: AbortSignal): Promise<Drained> {
    const entry = this.#find(id);
    if (entry === undefined || entry.sessions.size === 0) return { cut: 0 };
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
    return { cut: left.length };
  }

  #find(id: string): Entry | undefined {
    return this.#entries.get(id) ?? this.#leaving.get(id);
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
