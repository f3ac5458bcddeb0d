import type { MetricsEvent } from "../base/event_metrics.ts";
import { errorFields, type LinesOf } from "./log_line.ts";

/** Log lines of the metrics that are served and pushed. */
export const METRICS_LINES: LinesOf<MetricsEvent> = {
  "metrics-enabled": ({ otlpEndpoint }) => [["info", "Telemetry enabled", {
    prometheus: true,
    otlp_endpoint: otlpEndpoint ?? "",
  }]],
  "metrics-push-failed": ({ endpoint, error, failures, notable }) => [
    [notable ? "warn" : "debug", "Failed to push metrics", {
      otlp_endpoint: endpoint,
      count: failures,
      ...errorFields(error),
    }],
  ],
  "metrics-push-works": ({ endpoint, failures }) => [
    ["info", "Metrics are pushed again", {
      otlp_endpoint: endpoint,
      failed: failures,
    }],
  ],
};
