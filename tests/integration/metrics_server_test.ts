import assert from "node:assert/strict";
import { assertMetrics } from "../support/assert_metrics.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { SERVER_METRICS } from "../support/metrics_table.ts";
import { Scrape } from "../support/prometheus_text.ts";
import { ServerBench } from "../support/server_bench.ts";

async function scrape(adminPort: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const type = response.headers.get("content-type");
  assert.equal(type, "text/plain; version=0.0.4; charset=utf-8");
  return text;
}

Deno.test("dewy server serves what dashboards know, and what it does besides", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const adminPort = freePort();
  await using dewy = bench.start({
    args: [
      ...["--telemetry", "--admin-port", `${adminPort}`],
      ...["--after-deploy-hook", "exit 3"],
    ],
  });
  await bench.serves("v1.0.0");
  await bench.publish("v1.1.0");
  await bench.serves("v1.1.0");
  await dewy.waitForLog("Deployment completed successfully", {
    tag: "v1.1.0",
  });
  const worker = await bench.oneWorker();
  Deno.kill(worker.pid, "SIGKILL");
  const text = await eventually(async () => {
    const text = await scrape(adminPort);
    const scraped = new Scrape(text);
    return scraped.value("dewy_server_crashes_total") === 1 &&
      scraped.value("dewy_server_up") === 1 &&
      (scraped.value("dewy_server_generation") ?? 0) >= 3 && text;
  }, { message: "the crash is told, and the next worker", timeoutMs: 20_000 });
  const scraped = assertMetrics(text, SERVER_METRICS);
  const command = { command: "server" };
  assert.equal(scraped.value("dewy_deployments_total", command), 2);
  const restarts = "dewy_server_restarts_total";
  assert.equal(scraped.value(restarts, { reason: "deploy" }), 1);
  assert.equal(scraped.value(restarts, { reason: "signal" }), 0);
  const info = { version: "v1.1.0", ...command };
  assert.equal(scraped.value("dewy_deployed_info", info), 1);
  assert.equal(scraped.values("dewy_deployed_info").length, 1);
  assert.ok((scraped.value("dewy_poll_age_seconds") ?? Infinity) < 20);
  assert.ok((scraped.value("dewy_polls_total") ?? 0) >= 2);
  const failures = "dewy_hook_failures_total";
  assert.equal(scraped.value(failures, { when: "after" }), 2);
  // What scripts look for.
  assert.match(text, /^dewy_deployments_total\{.*command="server"/m);
  assert.match(text, /^dewy_server_restarts_total\{.*reason="deploy"/m);
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
});

Deno.test("dewy server tells a registry that is gone, and a bad version", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const adminPort = freePort();
  await using dewy = bench.start({
    args: ["--telemetry", "--admin-port", `${adminPort}`],
  });
  await bench.serves("v1.0.0");
  await bench.publish("v1.1.0", { checksum: "wrong" });
  await dewy.waitForLog("Deploy failed", { tag: "v1.1.0" });
  const bad = new Scrape(await scrape(adminPort));
  assert.equal(bad.value("dewy_deployment_errors_total"), 1);
  assert.equal(bad.value("dewy_quarantined_versions"), 1);
  assert.equal(bad.value("dewy_deployed_info", { version: "v1.0.0" }), 1);
  await Deno.rename(bench.registry.path, `${bench.registry.path}.gone`);
  await eventually(async () => {
    const gone = new Scrape(await scrape(adminPort));
    return (gone.value("dewy_poll_failures_total") ?? 0) > 0;
  }, { message: "a failed poll is told" });
});
