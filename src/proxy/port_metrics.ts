import type { Meter, ProxyErrorReason } from "./meter.ts";

/** Counts of what fell below each bound; the last one has what exceeds all. */
export interface Histogram {
  /** Upper bounds, seconds. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** What happened on one port since the start of the proxy. */
export interface PortSnapshot {
  readonly connections: number;
  readonly active: number;
  /** Of HTTP, whatever came of them. */
  readonly requests: number;
  /** How long connections lasted, seconds. */
  readonly durations: Histogram;
  /** How long it took to reach a backend, or to fail, seconds. */
  readonly connectLatencies: Histogram;
  readonly bytes: number;
  readonly failures: Readonly<Partial<Record<ProxyErrorReason, number>>>;
}

/** The bounds that the metrics of dewy have had since the original. */
export const DURATION_BOUNDS: readonly number[] = [
  0,
  5,
  10,
  25,
  50,
  75,
  100,
  250,
  500,
  750,
  1000,
  2500,
  5000,
  7500,
  10000,
];
export const LATENCY_BOUNDS: readonly number[] = [
  0.001,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  5,
];

/** Counts what happens on one port. */
export class PortMetrics implements Meter {
  #connections = 0;
  #active = 0;
  #requests = 0;
  #bytes = 0;
  #durations = new Buckets(DURATION_BOUNDS);
  #latencies = new Buckets(LATENCY_BOUNDS);
  #failures: Partial<Record<ProxyErrorReason, number>> = {};

  connectionOpened(): void {
    this.#connections++;
    this.#active++;
  }

  connectionClosed(seconds: number): void {
    this.#active--;
    this.#durations.add(seconds);
  }

  requested(): void {
    this.#requests++;
  }

  connected(seconds: number): void {
    this.#latencies.add(seconds);
  }

  transferred(bytes: number): void {
    this.#bytes += bytes;
  }

  failed(reason: ProxyErrorReason): void {
    this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
  }

  snapshot(): PortSnapshot {
    return {
      connections: this.#connections,
      active: this.#active,
      requests: this.#requests,
      durations: this.#durations.snapshot(),
      connectLatencies: this.#latencies.snapshot(),
      bytes: this.#bytes,
      failures: { ...this.#failures },
    };
  }
}

class Buckets {
  #bounds: readonly number[];
  #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    const index = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = index < 0 ? this.#bounds.length : index;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  snapshot(): Histogram {
    const counts = [...this.#counts];
    return { bounds: this.#bounds, counts, sum: this.#sum };
  }
}

/** Adds up what several isolates saw of one port. */
export function sumSnapshots(
  first: PortSnapshot,
  second: PortSnapshot,
): PortSnapshot {
  const failures = { ...first.failures };
  for (const [reason, count] of Object.entries(second.failures)) {
    const name = reason as ProxyErrorReason;
    failures[name] = (failures[name] ?? 0) + count;
  }
  return {
    connections: first.connections + second.connections,
    active: first.active + second.active,
    requests: first.requests + second.requests,
    durations: sumHistograms(first.durations, second.durations),
    connectLatencies: sumHistograms(
      first.connectLatencies,
      second.connectLatencies,
    ),
    bytes: first.bytes + second.bytes,
    failures,
  };
}

function sumHistograms(first: Histogram, second: Histogram): Histogram {
  return {
    bounds: first.bounds,
    counts: first.counts.map((count, at) => count + (second.counts[at] ?? 0)),
    sum: first.sum + second.sum,
  };
}

/** What was counted, when nothing of it is open any more. */
export function ended(
  ports: ReadonlyMap<number, PortSnapshot>,
): Map<number, PortSnapshot> {
  return new Map(
    [...ports].map(([port, snapshot]) => [port, { ...snapshot, active: 0 }]),
  );
}

/** Adds `ports` to what was counted of each before. */
export function addPorts(
  sum: Map<number, PortSnapshot>,
  ports: ReadonlyMap<number, PortSnapshot>,
): void {
  for (const [port, snapshot] of ports) {
    const before = sum.get(port);
    sum.set(
      port,
      before === undefined ? snapshot : sumSnapshots(before, snapshot),
    );
  }
}
