import assert from "node:assert/strict";
import { metricsOf, scrapeOf } from "../../support/metrics_bench.ts";
import { SAMPLES } from "../../support/sample_events.ts";

Deno.test("Metrics tells a restart that an operator asked for from one of a deploy", async () => {
  await using metrics = metricsOf("server");
  const restarts = async () => {
    const scrape = await scrapeOf(metrics);
    return ["deploy", "operator"].map((reason) =>
      scrape.value("dewy_server_restarts_total", { reason })
    );
  };
  metrics.count({ type: "registry-answered" });
  metrics.count(SAMPLES["server-restarting"]);
  assert.deepEqual(await restarts(), [0, 1]);
  metrics.count(SAMPLES["deploy-started"]);
  metrics.count(SAMPLES["server-restarting"]);
  metrics.count(SAMPLES["deploy-succeeded"]);
  assert.deepEqual(await restarts(), [1, 1]);
  metrics.count(SAMPLES["server-restarting"]);
  assert.deepEqual(await restarts(), [1, 2]);
});

Deno.test("Metrics counts each failure of a notifier, notable or not", async () => {
  await using metrics = metricsOf("server");
  const notifier = "slack";
  const failed = { ...SAMPLES["notification-failed"], notifier };
  const recovered = { ...SAMPLES["notification-recovered"], notifier };
  metrics.expectNotifier(notifier);
  const before = await scrapeOf(metrics);
  for (const name of ["notification_failures", "notifications_dropped"]) {
    assert.equal(before.value(`dewy_${name}_total`, { notifier }), 0);
  }
  metrics.count(failed);
  metrics.count({ ...failed, failures: 2, notable: false });
  metrics.count({ ...recovered, failures: 2 });
  metrics.count(failed);
  const dropped = { ...SAMPLES["notifications-dropped"], notifier, count: 1 };
  for (const total of [1, 2, 3]) {
    metrics.count({ ...dropped, total, notable: total === 1 });
  }
  const scrape = await scrapeOf(metrics);
  const by = { notifier };
  assert.equal(scrape.value("dewy_notification_failures_total", by), 3);
  assert.equal(scrape.value("dewy_notifications_dropped_total", by), 3);
});
