import { type Attributes, type HrTime, ValueType } from "@opentelemetry/api";
import { emptyResource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type GaugeMetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import { GAUGES } from "./names.ts";
import { SCOPE } from "./scope.ts";

/** Takes the value that a gauge has now. */
export type TellGauge = (
  gauge: keyof typeof GAUGES,
  value: number,
  labels?: Attributes,
) => void;

/** Tells values when somebody asks; it must not throw. */
export type GaugeSource = (tell: TellGauge) => void | Promise<void>;

/**
 * Gauges that are read when somebody asks. Those of the SDK tell what they saw
 * once for ever: a version that is not in service any more, and a container
 * that is gone, would go on.
 */
export class Gauges implements MetricProducer {
  #sources = new Set<GaugeSource>();

  /** Asks `source` from now on, until what it returns is disposed of. */
  observe(source: GaugeSource): Disposable {
    this.#sources.add(source);
    return { [Symbol.dispose]: () => void this.#sources.delete(source) };
  }

  async collect(): Promise<CollectionResult> {
    const points = new Map<keyof typeof GAUGES, DataPoint<number>[]>();
    const time = hrTime(Date.now());
    const tell: TellGauge = (gauge, value, attributes = {}) => {
      const told = points.get(gauge) ?? [];
      points.set(gauge, told);
      told.push({ value, attributes, startTime: time, endTime: time });
    };
    await Promise.all([...this.#sources].map((source) => source(tell)));
    const metrics = [...points].map(([gauge, dataPoints]) =>
      gaugeData(gauge, dataPoints)
    );
    return {
      resourceMetrics: {
        // The one of the SDK stands in its place.
        resource: emptyResource(),
        scopeMetrics: metrics.length === 0 ? [] : [{ scope: SCOPE, metrics }],
      },
      errors: [],
    };
  }
}

function gaugeData(
  gauge: keyof typeof GAUGES,
  dataPoints: DataPoint<number>[],
): GaugeMetricData {
  const [name, unit, description] = GAUGES[gauge];
  return {
    descriptor: { name, unit, description, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints,
  };
}

/** Returns Unix milliseconds as OpenTelemetry has them. */
export function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
}
