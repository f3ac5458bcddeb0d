import assert from "node:assert/strict";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { ValueType } from "@opentelemetry/api";
import { prometheusName } from "../../../src/metrics/prometheus_name.ts";
import {
  goFloat,
  prometheusText,
} from "../../../src/metrics/prometheus_text.ts";

for (
  const [name, unit, isCounter, wanted] of [
    ["dewy.deployments.total", "{deployment}", true, "dewy_deployments_total"],
    ["dewy.things", "{thing}", true, "dewy_things_total"],
    [
      "dewy.proxy.connections.active",
      "{connection}",
      false,
      "dewy_proxy_connections_active",
    ],
    [
      "dewy.proxy.bytes.transferred",
      "By",
      true,
      "dewy_proxy_bytes_transferred_bytes_total",
    ],
    ["dewy.poll.age", "s", false, "dewy_poll_age_seconds"],
    [
      "dewy.container.last_terminated.exit_code",
      "",
      false,
      "dewy_container_last_terminated_exit_code",
    ],
    ["dewy.wait.seconds", "s", false, "dewy_wait_seconds"],
  ] as const
) {
  Deno.test(`prometheusName() turns ${name} in "${unit}" into ${wanted}`, () => {
    assert.equal(prometheusName(name, { unit, isCounter }), wanted);
  });
}

for (
  const [value, wanted] of [
    [0, "0"],
    [-1, "-1"],
    [0.001, "0.001"],
    [0.00001, "1e-05"],
    [123_456, "123456"],
    [1_500_000, "1.5e+06"],
    [1_736_934_645, "1.736934645e+09"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [NaN, "NaN"],
  ] as const
) {
  Deno.test(`goFloat() writes ${value} as ${wanted}`, () => {
    assert.equal(goFloat(value), wanted);
  });
}

function point<T>(
  value: T,
  attributes: Readonly<Record<string, string | number>> = {},
): DataPoint<T> {
  return { attributes, value, startTime: [0, 0], endTime: [1, 0] };
}

function text(...metrics: readonly MetricData[]): string {
  return prometheusText({
    resource: resourceFromAttributes({
      "service.name": "dewy",
      "service.version": "1.0.0",
    }),
    scopeMetrics: [{ scope: { name: "a/b" }, metrics: [...metrics] }],
  });
}

const SCOPE = 'otel_scope_name="a/b",otel_scope_version=""';
const INFO = `# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_name="dewy",service_version="1.0.0"} 1
`;

Deno.test("prometheusText() sorts series and labels, so that state is the last one, and escapes values", () => {
  const description = "What it does\nin \\ lines";
  const descriptor = {
    name: "dewy.status",
    unit: "",
    description,
    valueType: ValueType.INT,
  };
  const metric: MetricData = {
    descriptor,
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: [
      point(0, { state: "exited", app: 'a"\\\n' }),
      point(1, { state: "running", app: "a" }),
    ],
  };
  assert.equal(
    text(metric),
    `# HELP dewy_status What it does\\nin \\\\ lines
# TYPE dewy_status gauge
dewy_status{app="a",${SCOPE},state="running"} 1
dewy_status{app="a\\"\\\\\\n",${SCOPE},state="exited"} 0
${INFO}`,
  );
});

Deno.test("prometheusText() adds up the buckets of a histogram, and puts le last", () => {
  const metric: MetricData = {
    descriptor: {
      name: "dewy.wait",
      unit: "s",
      description: "Wait",
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [
      point({
        buckets: { boundaries: [0.001, 5], counts: [1, 2, 3] },
        sum: 20.5,
        count: 6,
      }, { "proxy_port": 80 }),
    ],
  };
  const labels = `${SCOPE},proxy_port="80"`;
  assert.equal(
    text(metric),
    `# HELP dewy_wait_seconds Wait
# TYPE dewy_wait_seconds histogram
dewy_wait_seconds_bucket{${labels},le="0.001"} 1
dewy_wait_seconds_bucket{${labels},le="5"} 3
dewy_wait_seconds_bucket{${labels},le="+Inf"} 6
dewy_wait_seconds_sum{${labels}} 20.5
dewy_wait_seconds_count{${labels}} 6
${INFO}`,
  );
});

Deno.test("prometheusText() tells counters from sums that fall again", () => {
  const sum = (name: string, isMonotonic: boolean): MetricData => ({
    descriptor: {
      name,
      unit: "{thing}",
      description: name,
      valueType: ValueType.INT,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic,
    dataPoints: [point(3)],
  });
  const isMonotonic = true;
  const written = text(
    sum("dewy.a.total", isMonotonic),
    sum("dewy.b", !isMonotonic),
  );
  assert.match(written, /^# TYPE dewy_a_total counter\ndewy_a_total\{/m);
  assert.match(written, /^# TYPE dewy_b gauge\ndewy_b\{/m);
});
