import assert from "node:assert/strict";
import { assertMetrics } from "../support/assert_metrics.ts";
import { ContainerBench } from "../support/container_bench.ts";
import { eventually } from "../support/eventually.ts";
import { CONTAINER_METRICS } from "../support/metrics_table.ts";
import { Scrape } from "../support/prometheus_text.ts";

const DONE = "Container deployment completed";

async function scrape({ adminPort }: ContainerBench): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const type = response.headers.get("content-type");
  assert.equal(type, "text/plain; version=0.0.4; charset=utf-8");
  return text;
}

/** Asks on a connection that is closed then. */
async function askOnce({ port }: ContainerBench): Promise<void> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const response = await fetch(`http://127.0.0.1:${port}/`, { client });
  assert.equal((await response.text()).trim(), "v1.0.0");
}

for (const kind of ["docker", "podman"] as const) {
  Deno.test(`dewy container serves what dashboards know on ${kind}`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    const replicas = ["--replicas", "2", "--health-path", "/healthz"];
    await using dewy = bench.dewy("--telemetry", ...replicas);
    await dewy.waitForLog(DONE, { tag: "v1.0.0", count: 2 });
    await askOnce(bench);
    // Bytes count when a connection ends, and the isolates of the proxy tell
    // their counts about once a second.
    const text = await eventually(async () => {
      const text = await scrape(bench);
      const bytes = "dewy_proxy_bytes_transferred_bytes_total";
      return (new Scrape(text).value(bytes) ?? 0) > 0 && text;
    }, { message: "the counts of the proxy arrive" });
    const { value, values } = bound(assertMetrics(text, CONTAINER_METRICS));
    assert.equal(value("dewy_container_replicas"), 2);
    assert.equal(value("dewy_container_desired_replicas"), 2);
    assert.equal(value("dewy_proxy_backends"), 2);
    assert.equal(value("dewy_proxy_connections_total"), 1);
    assert.equal(value("dewy_proxy_connections_active"), 0);
    assert.equal(value("dewy_proxy_requests_total"), 1);
    assert.equal(value("dewy_proxy_errors_total"), 0);
    assert.ok((value("dewy_proxy_connect_latency_seconds_count") ?? 0) > 0);
    assert.equal(value("dewy_deployments_total"), 1);
    assert.equal(value("dewy_container_engine_up"), 1);
    assert.ok((value("dewy_healthchecks_total") ?? 0) >= 2);
    assert.equal(values("dewy_container_info").length, 2);
    assert.equal(values("dewy_container_status").length, 12);
    const image = `${bench.repository}:v1.0.0`;
    const info = { image, version: "v1.0.0", replica: "1" };
    assert.equal(value("dewy_container_info", info), 1);
    const startedAt = values("dewy_container_started_timestamp_seconds");
    const age = Date.now() / 1000 - Math.min(...startedAt);
    assert.ok(age > 0 && age < 600, `${age} s`);
    // What scripts look for.
    for (
      const part of [
        "dewy_container_desired_replicas{",
        "dewy_container_replicas{",
        "dewy_container_info{",
        "dewy_container_restarts{",
        'state="running"} 1',
      ]
    ) assert.ok(text.includes(part), part);
  });
}

Deno.test("a container that ended is not told any more once it is replaced, and its end is counted", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy("--telemetry", "--health-path", "/healthz");
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  const [victim] = await bench.containers();
  const gone = String(victim?.["Names"]).slice(1);
  assert.equal(
    new Scrape(await scrape(bench)).values("dewy_container_info", {
      container: gone,
    }).length,
    1,
  );
  // A name has the second in which its container was started.
  const second = Number(gone.split("-").at(-2));
  await eventually(() => Date.now() >= (second + 1) * 1_000, {
    message: "the next second begins",
  });
  await bench.killContainer(String(victim?.["Id"]));
  await dewy.waitForLog("Container was replaced");
  const after = await eventually(async () => {
    const after = new Scrape(await scrape(bench));
    const { length } = after.values("dewy_container_info", { container: gone });
    return length === 0 && after;
  }, { message: "the old container is not told any more", timeoutMs: 20_000 });
  assert.equal(after.value("dewy_container_crashes_total"), 1);
  assert.equal(after.value("dewy_container_replacements_total"), 1);
});

Deno.test("without --telemetry there is no /metrics", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy();
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  const response = await fetch(`http://127.0.0.1:${bench.adminPort}/metrics`);
  assert.equal(response.status, 404);
  await response.body?.cancel();
});

/** Its methods, for short lines. */
function bound(scrape: Scrape): Pick<Scrape, "value" | "values"> {
  return {
    value: scrape.value.bind(scrape),
    values: scrape.values.bind(scrape),
  };
}
