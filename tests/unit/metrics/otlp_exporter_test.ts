import assert from "node:assert/strict";
import { emptyResource } from "@opentelemetry/resources";
import type { MetricsEvent } from "../../../src/base/event_metrics.ts";
import { Metrics } from "../../../src/metrics/metrics.ts";
import { OtlpExporter } from "../../../src/metrics/otlp_exporter.ts";
import { otlpSettings } from "../../../src/metrics/otlp_settings.ts";
import { eventually } from "../../support/eventually.ts";
import { metricsIn, OtlpCollector } from "../../support/otlp_collector.ts";
import { openOtlp } from "../../../src/metrics/open_otlp.ts";

const HOUR_MS = 60 * 60_000;

Deno.test("OtlpExporter tells a collector that is gone once an hour, and when it is back", async () => {
  const told: MetricsEvent[] = [];
  let now = 0;
  let isThere = false;
  const exporter = new OtlpExporter({
    settings: otlpSettings({ endpoint: "otel:4317", insecure: true }, {}),
    sender: {
      send: () =>
        isThere
          ? Promise.resolve(new Uint8Array())
          : Promise.reject(new TypeError("Connection refused")),
      [Symbol.dispose]: () => {},
    },
    emit: (event) => told.push(event),
    now: () => now,
  });
  const push = () =>
    new Promise<number>((resolve) =>
      exporter.export(
        { resource: emptyResource(), scopeMetrics: [] },
        ({ code }) => resolve(code),
      )
    );
  for (const at of [0, 15_000, HOUR_MS - 1, HOUR_MS, HOUR_MS + 15_000]) {
    now = at;
    assert.equal(await push(), 1);
  }
  const failures = told.filter(({ type }) => type === "metrics-push-failed");
  assert.deepEqual(
    failures.map((event) => Reflect.get(event, "notable")),
    [true, false, false, true, false],
  );
  isThere = true;
  assert.equal(await push(), 0);
  assert.equal(await push(), 0);
  assert.deepEqual(told.slice(failures.length), [
    { type: "metrics-push-works", endpoint: "otel:4317", failures: 5 },
  ]);
});

Deno.test("metrics are pushed again and again while dewy runs", async () => {
  await using collector = await OtlpCollector.start();
  const endpoint = `127.0.0.1:${collector.grpcPort}`;
  const env = { OTEL_METRIC_EXPORT_INTERVAL: "50" };
  const settings = otlpSettings({ endpoint, insecure: true }, env);
  const told: MetricsEvent[] = [];
  const emit = (event: MetricsEvent) => void told.push(event);
  const exporter = await openOtlp(settings, { emit, roots: undefined });
  await using metrics = new Metrics({
    command: "server",
    version: "1.2.3",
    exporter,
  });
  metrics.count({ type: "registry-answered" });
  const pushes = await eventually(async () => {
    const pushes = await collector.pushes();
    return pushes.length >= 3 && pushes;
  }, { message: "three pushes arrive" });
  const [last] = pushes.slice(-1);
  assert.ok(last !== undefined && metricsIn(last).has("dewy.polls.total"));
});
