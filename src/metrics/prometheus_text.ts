import type { Attributes } from "@opentelemetry/api";
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { prometheusName } from "./prometheus_name.ts";

/** The `content-type` of {@link prometheusText}. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Metrics of one name. */
interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly lines: string[];
}

type Labels = readonly (readonly [name: string, value: string])[];

/**
 * Returns metrics in the text format of Prometheus, sorted by name, with the
 * labels sorted as well, so that two answers can be compared.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(
  { resource, scopeMetrics }: ResourceMetrics,
): string {
  const families = new Map<string, Family>();
  for (const { scope, metrics } of scopeMetrics) {
    const scopeLabels = {
      "otel_scope_name": scope.name,
      "otel_scope_version": scope.version ?? "",
    };
    for (const metric of metrics) addMetric(families, metric, scopeLabels);
  }
  const info = labelText(labelsOf(resource.attributes));
  families.set("target_info", {
    type: "gauge",
    help: "Target metadata",
    lines: [`target_info${info} 1`],
  });
  return [...families].sort(([a], [b]) => a < b ? -1 : 1).map((
    [name, { type, help, lines }],
  ) =>
    [
      `# HELP ${name} ${help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...lines,
    ].map((line) => `${line}\n`).join("")
  ).join("");
}

function addMetric(
  families: Map<string, Family>,
  metric: MetricData,
  scopeLabels: Attributes,
): void {
  const { descriptor, dataPointType } = metric;
  const isCounter = dataPointType === DataPointType.SUM && metric.isMonotonic;
  const name = prometheusName(descriptor.name, {
    unit: descriptor.unit,
    isCounter,
  });
  const family = families.get(name) ?? {
    type: isCounter
      ? "counter"
      : dataPointType === DataPointType.HISTOGRAM
      ? "histogram"
      : "gauge",
    help: descriptor.description,
    lines: [],
  };
  families.set(name, family);
  const labels = ({ attributes }: DataPoint<unknown>) =>
    labelsOf({ ...attributes, ...scopeLabels });
  switch (dataPointType) {
    case DataPointType.HISTOGRAM:
      for (const point of inOrder(metric.dataPoints)) {
        family.lines.push(...histogramLines(name, labels(point), point.value));
      }
      return;
    case DataPointType.SUM:
    case DataPointType.GAUGE:
      for (const point of inOrder(metric.dataPoints)) {
        const text = labelText(labels(point));
        family.lines.push(`${name}${text} ${goFloat(point.value)}`);
      }
      return;
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      throw new TypeError(
        `Cannot write "${descriptor.name}": its buckets are exponential`,
      );
    default:
      metric satisfies never;
  }
}

function inOrder<T>(points: readonly DataPoint<T>[]): DataPoint<T>[] {
  const key = ({ attributes }: DataPoint<T>) => labelText(labelsOf(attributes));
  return [...points].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function histogramLines(
  name: string,
  labels: Labels,
  { buckets: { boundaries, counts }, sum, count }: Histogram,
): string[] {
  let below = 0;
  const lines = [...boundaries, Infinity].map((bound, at) => {
    below += counts[at] ?? 0;
    const text = labelText([...labels, ["le", goFloat(bound)]]);
    return `${name}_bucket${text} ${goFloat(below)}`;
  });
  const text = labelText(labels);
  return [
    ...lines,
    `${name}_sum${text} ${goFloat(sum ?? 0)}`,
    `${name}_count${text} ${goFloat(count)}`,
  ];
}

function labelsOf(attributes: Attributes): Labels {
  return Object.entries(attributes)
    .map(([name, value]) =>
      [name.replace(/[^a-zA-Z0-9_]/g, "_"), String(value ?? "")] as const
    )
    .sort(([a], [b]) => a < b ? -1 : 1);
}

function labelText(labels: Labels): string {
  const texts = labels.map(([name, value]) => {
    const escaped = value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")
      .replace(/"/g, '\\"');
    return `${name}="${escaped}"`;
  });
  return texts.length === 0 ? "" : `{${texts.join(",")}}`;
}

/** Returns a number as Go's `strconv` writes it in its shortest form, which is what scrapes of dewy have held: `1.5e+06`. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return "0";
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  const sign = power < 0 ? "-" : "+";
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}
