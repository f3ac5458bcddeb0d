import type { Attributes, HrTime } from "@opentelemetry/api";
import { ValueType } from "@opentelemetry/api";
import { emptyResource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { DeployEvent } from "../base/event.ts";
import type {
  Histogram as PortHistogram,
  PortSnapshot,
} from "../proxy/port_metrics.ts";
import { hrTime } from "./gauges.ts";
import { SCOPE } from "./scope.ts";

/** What the proxy has counted, by port. */
export type ReadPorts = () => ReadonlyMap<number, PortSnapshot>;

/** Failures that the original counts: no backend, or none that could be reached. */
const ERRORS = ["no-backend", "connect-failed", "connect-timeout"] as const;

/**
 * Tells what the proxy has counted by itself, so that nothing of this is on the
 * way of a request. The histograms come as they are: instruments of the SDK
 * would have to be told each value.
 */
export class ProxyMetrics implements MetricProducer {
  #startedAt: HrTime = hrTime(Date.now());
  #read: ReadPorts | undefined;
  #backends = new Map<number, number>();
  #httpPorts = new Set<number>();

  /** Tells what `read` returns from now on. */
  observe(read: ReadPorts): void {
    this.#read = read;
  }

  /** Takes the ports and the number of backends from the events of the proxy. */
  count(event: DeployEvent): void {
    switch (event.type) {
      case "proxy-started":
        this.#backends.set(event.port, 0);
        if (event.protocol === "http") this.#httpPorts.add(event.port);
        return;
      case "backend-added":
      case "backend-removed":
        this.#backends.set(event.port, event.total);
        return;
    }
  }

  collect(): Promise<CollectionResult> {
    const ports = this.#read?.();
    const metrics = ports === undefined ? [] : this.#metrics(ports);
    return Promise.resolve({
      resourceMetrics: {
        // The one of the SDK stands in its place.
        resource: emptyResource(),
        scopeMetrics: metrics.length === 0 ? [] : [{ scope: SCOPE, metrics }],
      },
      errors: [],
    });
  }

  #metrics(ports: ReadonlyMap<number, PortSnapshot>): MetricData[] {
    const all = [...ports];
    const each = (value: (snapshot: PortSnapshot) => number) =>
      all.map(([port, snapshot]) =>
        this.#point(value(snapshot), { "proxy_port": port })
      );
    const histograms = (value: (snapshot: PortSnapshot) => PortHistogram) =>
      all.map(([port, snapshot]) =>
        this.#point(toHistogram(value(snapshot)), { "proxy_port": port })
      );
    const requests = all.filter(([port]) => this.#httpPorts.has(port))
      .map(([port, { requests }]) =>
        this.#point(requests, { "proxy_port": port })
      );
    const failures = all.flatMap(([port, snapshot]) =>
      Object.entries(snapshot.failures).map(([reason, count]) =>
        this.#point(count, { "proxy_port": port, reason })
      )
    );
    return [
      sum("connections.total", each(({ connections }) => connections)),
      sum("connections.active", each(({ active }) => active)),
      sum("requests.total", requests),
      sum("bytes.transferred", each(({ bytes }) => bytes)),
      sum("errors.total", each(errorsOf)),
      sum("failures.total", failures),
      sum(
        "backends",
        [...this.#backends].map(([port, total]) =>
          this.#point(total, { "proxy_port": port })
        ),
      ),
      histogram(
        "connection.duration",
        histograms(({ durations }) => durations),
      ),
      histogram(
        "connect.latency",
        histograms(({ connectLatencies }) => connectLatencies),
      ),
    ];
  }

  #point<T>(value: T, attributes: Attributes): DataPoint<T> {
    const endTime = hrTime(Date.now());
    return { value, attributes, startTime: this.#startedAt, endTime };
  }
}

/** Unit, description, and whether it only grows, of each metric under `dewy.proxy.` */
const SUMS = {
  "connections.total": ["{connection}", "Connections of clients", "grows"],
  "connections.active": ["{connection}", "Connections that are open", "falls"],
  "requests.total": ["{request}", "Requests of HTTP clients", "grows"],
  "bytes.transferred": ["By", "Bytes passed on, both directions", "grows"],
  "errors.total": [
    "{error}",
    "Clients for whom no backend was there or could be reached",
    "grows",
  ],
  "failures.total": [
    "{failure}",
    "What the proxy could not serve, by reason",
    "grows",
  ],
  "backends": ["{backend}", "Backends that get work", "falls"],
} as const;

function sum(
  name: keyof typeof SUMS,
  dataPoints: DataPoint<number>[],
): MetricData {
  const [unit, description, course] = SUMS[name];
  return {
    descriptor: {
      name: `dewy.proxy.${name}`,
      unit,
      description,
      valueType: ValueType.INT,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: course === "grows",
    dataPoints,
  };
}

const HISTOGRAMS = {
  "connection.duration": "How long connections of clients lasted",
  "connect.latency": "How long it took to reach a backend, or to fail",
};

function histogram(
  name: keyof typeof HISTOGRAMS,
  dataPoints: DataPoint<Histogram>[],
): MetricData {
  return {
    descriptor: {
      name: `dewy.proxy.${name}`,
      unit: "s",
      description: HISTOGRAMS[name],
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints,
  };
}

function toHistogram({ bounds, counts, sum }: PortHistogram): Histogram {
  return {
    buckets: { boundaries: [...bounds], counts: [...counts] },
    sum,
    count: counts.reduce((total, count) => total + count, 0),
  };
}

function errorsOf({ failures }: PortSnapshot): number {
  return ERRORS.reduce((sum, reason) => sum + (failures[reason] ?? 0), 0);
}
