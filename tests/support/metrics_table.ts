/** A metric as dashboards know it. */
export interface KnownMetric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Sorted; without those that every metric has. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram. */
  readonly bounds?: readonly string[];
}

const CONTAINER = ["app", "container", "replica"];

/** What scrapes of dewy have held since the original, in container mode. */
export const CONTAINER_METRICS: readonly KnownMetric[] = [
  counter("dewy_proxy_connections_total", "proxy_port"),
  gauge("dewy_proxy_connections_active", "proxy_port"),
  {
    name: "dewy_proxy_connection_duration_seconds",
    type: "histogram",
    labels: ["proxy_port"],
    bounds: [
      ...["0", "5", "10", "25", "50", "75", "100", "250", "500", "750", "1000"],
      ...["2500", "5000", "7500", "10000", "+Inf"],
    ],
  },
  {
    name: "dewy_proxy_connect_latency_seconds",
    type: "histogram",
    labels: ["proxy_port"],
    bounds: [
      ...["0.001", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5"],
      ...["1", "5", "+Inf"],
    ],
  },
  counter("dewy_proxy_bytes_transferred_bytes_total", "proxy_port"),
  counter("dewy_proxy_errors_total", "proxy_port"),
  gauge("dewy_proxy_backends", "proxy_port"),
  ...deployments(),
  counter("dewy_healthchecks_total"),
  counter("dewy_healthchecks_failures_total"),
  gauge("dewy_container_replicas", "app"),
  gauge("dewy_container_desired_replicas", "app"),
  gauge("dewy_container_restarts", ...CONTAINER),
  gauge("dewy_container_status", ...CONTAINER, "state"),
  gauge("dewy_container_started_timestamp_seconds", ...CONTAINER),
  gauge("dewy_container_info", ...CONTAINER, "image", "version"),
];

/** Those of {@link CONTAINER_METRICS} that only a container has that ended. */
export const ENDED_METRICS: readonly KnownMetric[] = [
  gauge("dewy_container_last_terminated_exit_code", ...CONTAINER),
  gauge("dewy_container_oom_killed", ...CONTAINER),
];

/** The same in server mode. */
export const SERVER_METRICS: readonly KnownMetric[] = [
  ...deployments(),
  counter("dewy_server_restarts_total", "reason"),
];

function deployments(): readonly KnownMetric[] {
  return [
    counter("dewy_deployments_total", "command"),
    {
      name: "dewy_deployment_duration_seconds",
      type: "histogram",
      labels: ["command"],
      bounds: ["1", "5", "10", "30", "60", "120", "300", "600", "+Inf"],
    },
    counter("dewy_deployment_errors_total", "command"),
  ];
}

function counter(name: string, ...labels: readonly string[]): KnownMetric {
  return { name, type: "counter", labels };
}

function gauge(name: string, ...labels: readonly string[]): KnownMetric {
  return { name, type: "gauge", labels: [...labels].sort() };
}
