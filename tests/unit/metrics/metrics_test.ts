import assert from "node:assert/strict";
import { PortMetrics } from "../../../src/proxy/port_metrics.ts";
import { assertMetrics } from "../../support/assert_metrics.ts";
import {
  CONTAINER_METRICS,
  ENDED_METRICS,
  SERVER_METRICS,
} from "../../support/metrics_table.ts";
import {
  ENDED,
  metricsOf,
  RUNNING,
  scrapeOf,
} from "../../support/metrics_bench.ts";
import { result, SAMPLES } from "../../support/sample_events.ts";

Deno.test("Metrics has the names, labels and buckets of container mode that dashboards know", async () => {
  await using metrics = metricsOf("container");
  const port = new PortMetrics();
  port.connectionOpened();
  port.connectionOpened();
  port.connectionClosed(12);
  for (let count = 0; count < 3; count++) port.requested();
  port.connected(0.002);
  port.transferred(2_000);
  port.failed("no-backend");
  port.failed("connect-timeout");
  port.failed("request-invalid");
  const ports = new Map([
    [8080, port.snapshot()],
    [8081, new PortMetrics().snapshot()],
  ]);
  metrics.observeProxy(() => ports);
  metrics.count({ type: "proxy-started", port: 8080, protocol: "http" });
  metrics.count({ type: "proxy-started", port: 8081, protocol: "tcp" });
  metrics.count({ ...SAMPLES["backend-added"], port: 8080, total: 2 });
  metrics.count({
    type: "deploy-started",
    tag: "v1",
    previous: undefined,
    reason: "",
  });
  metrics.count({ type: "deploy-succeeded", tag: "v1", durationMs: 7_500 });
  metrics.countHealthCheck("port 80 took no connection");
  metrics.countHealthCheck(undefined);
  using _ = metrics.observeContainers({
    app: "web",
    desired: 3,
    read: () => Promise.resolve([RUNNING, ENDED]),
  });
  const text = await metrics.text();
  const scrape = assertMetrics(text, [...CONTAINER_METRICS, ...ENDED_METRICS]);
  const at = { "proxy_port": "8080" };
  assert.equal(scrape.value("dewy_proxy_connections_total", at), 2);
  assert.equal(scrape.value("dewy_proxy_connections_active", at), 1);
  assert.deepEqual(scrape.values("dewy_proxy_requests_total"), [3]);
  assert.equal(scrape.value("dewy_proxy_errors_total", at), 2);
  assert.equal(scrape.value("dewy_proxy_backends", at), 2);
  assert.equal(
    scrape.value("dewy_proxy_bytes_transferred_bytes_total", at),
    2_000,
  );
  const bucket = "dewy_proxy_connection_duration_seconds_bucket";
  assert.deepEqual(
    ["10", "25", "+Inf"].map((le) => scrape.value(bucket, { ...at, le })),
    [0, 1, 1],
  );
  assert.equal(scrape.value("dewy_healthchecks_total"), 2);
  assert.equal(scrape.value("dewy_healthchecks_failures_total"), 1);
  assert.equal(
    scrape.value("dewy_proxy_failures_total", { reason: "request-invalid" }),
    1,
  );
});

Deno.test("Metrics counts deploys, restarts and crashes of server mode, from zero on", async () => {
  await using metrics = metricsOf("server");
  const before = assertMetrics(
    await metrics.text(),
    SERVER_METRICS.filter(({ type }) => type !== "histogram"),
  );
  for (
    const [name, labels] of [
      ["dewy_deployments_total", { command: "server" }],
      ["dewy_server_restarts_total", { reason: "deploy" }],
      ["dewy_server_restarts_total", { reason: "signal" }],
      ["dewy_server_crashes_total", {}],
    ] as const
  ) {
    assert.equal(before.value(name, labels), 0, name);
  }
  for (
    const type of [
      "deploy-started",
      "server-restarting",
      "worker-ready",
      "deploy-succeeded",
      "restarted-by-signal",
      "worker-died",
      "worker-died",
      "worker-rejected",
      "worker-launch-failed",
      "worker-killed",
      "deploy-started",
      "deploy-failed",
      "rollback-started",
      "report-failed",
    ] as const
  ) {
    metrics.count(SAMPLES[type]);
  }
  const after = assertMetrics(await metrics.text(), SERVER_METRICS);
  const counted = {
    "dewy_deployments_total": 1,
    "dewy_deployment_errors_total": 1,
    "dewy_deployment_duration_seconds_count": 1,
    "dewy_server_crashes_total": 2,
    "dewy_server_rejections_total": 1,
    "dewy_server_launch_failures_total": 1,
    "dewy_server_kills_total": 1,
    "dewy_rollbacks_total": 1,
    "dewy_report_failures_total": 1,
    "dewy_server_generation": SAMPLES["worker-ready"].generation,
  };
  for (const [name, value] of Object.entries(counted)) {
    assert.equal(after.value(name), value, name);
  }
  for (const reason of ["deploy", "signal"]) {
    assert.equal(after.value("dewy_server_restarts_total", { reason }), 1);
  }
});

Deno.test("Metrics tells a failed pull from a failed deploy of containers", async () => {
  await using metrics = metricsOf("container");
  metrics.count(SAMPLES["deploy-started"]);
  metrics.count(SAMPLES["deploy-failed"]);
  const pull = await scrapeOf(metrics);
  assert.equal(pull.value("dewy_deployment_errors_total"), 0);
  assert.equal(pull.value("dewy_image_pull_failures_total"), 1);
  metrics.count(SAMPLES["deploy-started"]);
  metrics.count(SAMPLES["container-starting"]);
  metrics.count(SAMPLES["deploy-failed"]);
  const start = await scrapeOf(metrics);
  assert.equal(start.value("dewy_deployment_errors_total"), 1);
  assert.equal(start.value("dewy_image_pull_failures_total"), 1);
});

Deno.test("Metrics tells how old the last poll is, from the start on", async () => {
  let now = 10_000;
  await using metrics = metricsOf("assets", () => now);
  const age = async () =>
    (await scrapeOf(metrics)).value("dewy_poll_age_seconds");
  now += 2_500;
  metrics.count(SAMPLES["registry-failed"]);
  assert.equal(await age(), 2.5);
  metrics.count({ type: "registry-answered" });
  assert.equal(await age(), 0);
  now += 60_000;
  assert.equal(await age(), 60);
  const scrape = await scrapeOf(metrics);
  assert.equal(scrape.value("dewy_polls_total"), 1);
  assert.equal(scrape.value("dewy_poll_failures_total"), 1);
});

Deno.test("Metrics tells the version in service and those that failed", async () => {
  await using metrics = metricsOf("server");
  metrics.observeServer(() => true);
  metrics.observeState(() => ({
    deployed: { tag: "v2", at: 1_500 },
    failed: 3,
    quarantined: 1,
    isHeld: true,
    pinned: "v2",
  }));
  const scrape = await scrapeOf(metrics);
  const info = { version: "v2", command: "server" };
  assert.equal(scrape.value("dewy_deployed_info", info), 1);
  assert.equal(scrape.value("dewy_deployed_timestamp_seconds"), 1.5);
  assert.equal(scrape.value("dewy_failed_versions"), 3);
  assert.equal(scrape.value("dewy_quarantined_versions"), 1);
  assert.equal(scrape.value("dewy_server_up"), 1);
  assert.equal(scrape.value("dewy_held"), 1);
  assert.equal(scrape.value("dewy_pinned_info", { version: "v2" }), 1);
  metrics.observeState(() => ({
    deployed: { tag: "v3", at: 2_500 },
    failed: 0,
    quarantined: 0,
    isHeld: false,
    pinned: undefined,
  }));
  const versions = (await scrapeOf(metrics)).samples
    .filter(({ name }) => name === "dewy_deployed_info")
    .map(({ labels }) => labels["version"]);
  assert.deepEqual(versions, ["v3"]);
});

Deno.test("Metrics measures hooks and counts those that fail", async () => {
  await using metrics = metricsOf("server");
  metrics.count({ type: "hook-finished", result });
  metrics.count({
    type: "hook-finished",
    result: { ...result, when: "after", exitCode: 3 },
  });
  metrics.count({
    type: "hook-finished",
    result: { ...result, when: "after", timedOut: true },
  });
  const scrape = await scrapeOf(metrics);
  const failures = "dewy_hook_failures_total";
  assert.equal(scrape.value(failures, { when: "before" }), 0);
  assert.equal(scrape.value(failures, { when: "after" }), 2);
  const sum = "dewy_hook_duration_seconds_sum";
  assert.equal(scrape.value(sum, { when: "before" }), 1.5);
});

Deno.test("Metrics counts failures of a shared cache by operation, and tells a registry that is stood in for", async () => {
  await using metrics = metricsOf("assets");
  metrics.count({ ...SAMPLES["shared-cache-failed"], operation: "write" });
  metrics.count({ ...SAMPLES["registry-cache-failed"], step: "claim" });
  metrics.count({ ...SAMPLES["registry-outage"], phase: "begun" });
  const scrape = await scrapeOf(metrics);
  const failures = "dewy_shared_cache_failures_total";
  assert.equal(scrape.value(failures, { operation: "write" }), 1);
  assert.equal(scrape.value(failures, { operation: "claim" }), 1);
  assert.equal(scrape.value("dewy_registry_stale"), 1);
  metrics.count({ ...SAMPLES["registry-outage"], phase: "over" });
  assert.equal((await scrapeOf(metrics)).value("dewy_registry_stale"), 0);
});

Deno.test("Metrics takes every event there is, and what is none", async () => {
  await using metrics = metricsOf("server");
  for (const event of Object.values(SAMPLES)) metrics.count(event);
  for (const type of ["nonsense", "toString", "__proto__"]) {
    metrics.count({ type } as unknown as (typeof SAMPLES)["stopped"]);
  }
  assert.equal((await scrapeOf(metrics)).value("target_info"), 1);
});
