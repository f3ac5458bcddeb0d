import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import type { DeployEvent } from "../base/event.ts";
import { delay } from "../base/time.ts";
import { containerGauges, type ContainerSource } from "./container_gauges.ts";
import { EventCounts } from "./event_counts.ts";
import { Gauges } from "./gauges.ts";
import {
  beginAtZero,
  createInstruments,
  type Instruments,
  type MetricsCommand,
} from "./instruments.ts";
import { PROMETHEUS_TYPE, prometheusText } from "./prometheus_text.ts";
import { ProxyMetrics, type ReadPorts } from "./proxy_metrics.ts";
import { SCOPE } from "./scope.ts";
import { stateGauges, type StateReading } from "./state_gauges.ts";

/** Pushes metrics; what is on its way is given up when it is disposed of. */
export interface MetricsExporter extends PushMetricExporter, Disposable {
  /** Between two pushes, milliseconds. */
  readonly intervalMs: number;
}

/** How {@link Metrics} are made. */
export interface MetricsOptions {
  readonly command: MetricsCommand;
  /** Of dewy, without a leading `v`. */
  readonly version: string;
  /** Where they are pushed to besides being served. */
  readonly exporter?: MetricsExporter | undefined;
  /** Longest time for the last push, milliseconds. @default 5_000 */
  readonly flushMs?: number;
  /** What `OTEL_RESOURCE_ATTRIBUTES` says. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Milliseconds of a clock that is never set. @default performance.now */
  readonly now?: () => number;
}

const FLUSH_MS = 5_000;

/** Counts and measures what dewy does, for whoever asks, and for a collector. */
export class Metrics implements AsyncDisposable {
  #provider: MeterProvider;
  #served: ServedReader;
  #instruments: Instruments;
  #events: EventCounts;
  #proxy = new ProxyMetrics();
  #gauges = new Gauges();
  #state: () => StateReading | undefined = () => undefined;
  #isUp: () => boolean | undefined = () => undefined;
  #now: () => number;
  #exporter: MetricsExporter | undefined;
  #flushMs: number;

  constructor(options: MetricsOptions) {
    const { command, version, exporter, now = monotonicMs } = options;
    const metricProducers = [this.#proxy, this.#gauges];
    this.#served = new ServedReader({ metricProducers });
    const pushed = exporter === undefined ? [] : [
      new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: exporter.intervalMs,
        exportTimeoutMillis: exporter.intervalMs,
        metricProducers,
      }),
    ];
    this.#provider = new MeterProvider({
      resource: resourceFromAttributes({
        ...options.attributes,
        "service.name": "dewy",
        "service.version": version,
      }),
      readers: [this.#served, ...pushed],
    });
    this.#now = now;
    this.#exporter = exporter;
    this.#flushMs = options.flushMs ?? FLUSH_MS;
    this.#instruments = createInstruments(this.#provider.getMeter(SCOPE.name));
    this.#events = new EventCounts(this.#instruments, { command, now });
    beginAtZero(this.#instruments, command);
    this.#gauges.observe(stateGauges({
      command,
      now,
      seen: () => this.#events.seen,
      state: () => this.#state(),
      isUp: () => this.#isUp(),
    }));
  }

  /** Counts an event. */
  count(event: DeployEvent): void {
    this.#events.count(event);
    this.#proxy.count(event);
  }

  /** Counts from 0 for a notifier, so that its first failure is seen as an increase. */
  expectNotifier(notifier: string): void {
    const { counters } = this.#instruments;
    counters.notificationFailures.add(0, { notifier });
    counters.notificationsDropped.add(0, { notifier });
  }

  /** Counts a look at the health of a container; what ails it, if it is not well. */
  countHealthCheck(sickness: string | undefined): void {
    const { counters } = this.#instruments;
    counters.healthChecks.add(1);
    if (sickness !== undefined) counters.healthCheckFailures.add(1);
  }

  /** Measures what dewy remembers from now on. */
  observeState(state: () => StateReading): void {
    this.#state = state;
  }

  /** Measures whether a worker runs from now on. */
  observeServer(isUp: () => boolean): void {
    this.#isUp = isUp;
  }

  /** Measures the ports of the proxy from now on. */
  observeProxy(read: ReadPorts): void {
    this.#proxy.observe(read);
  }

  /** Measures the containers until what it returns is disposed of. */
  observeContainers(source: ContainerSource): Disposable {
    return this.#gauges.observe(containerGauges(source, this.#now));
  }

  /** Returns everything in the text format of Prometheus. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.#served.collect();
    return prometheusText(resourceMetrics);
  }

  /** Answers `GET /metrics`. */
  async answer(): Promise<Response> {
    return new Response(await this.text(), {
      headers: { "content-type": PROMETHEUS_TYPE },
    });
  }

  /** Pushes a last time, for a few seconds at most; whether that worked is told by the exporter. */
  async [Symbol.asyncDispose](): Promise<void> {
    const over = new AbortController();
    await Promise.race([
      this.#provider.shutdown(),
      delay(this.#flushMs, over.signal),
    ]);
    over.abort();
    this.#exporter?.[Symbol.dispose]();
    await this.#exporter?.forceFlush();
  }
}

function monotonicMs(): number {
  return performance.now();
}

/** Collects when somebody asks. */
class ServedReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}
