import assert from "node:assert/strict";
import {
  ENDED,
  metricsOf,
  RUNNING,
  scrapeOf,
} from "../../support/metrics_bench.ts";
import { Scrape } from "../../support/prometheus_text.ts";
import { error } from "../../support/sample_events.ts";

Deno.test("Metrics tells what each container is and does", async () => {
  await using metrics = metricsOf("container");
  using _ = metrics.observeContainers({
    app: "web",
    desired: 3,
    read: () => Promise.resolve([RUNNING, ENDED]),
  });
  const text = await metrics.text();
  const scrape = new Scrape(text);
  assert.equal(scrape.value("dewy_container_replicas"), 1);
  assert.equal(scrape.value("dewy_container_desired_replicas"), 3);
  const one = { app: "web", container: "web-1-0", replica: "0" };
  const other = { container: "web-1-1" };
  assert.equal(scrape.value("dewy_container_restarts", one), 2);
  assert.equal(
    scrape.value("dewy_container_started_timestamp_seconds", one),
    Date.parse("2026-01-15T12:00:00Z") / 1000 + 0.5,
  );
  const state = "dewy_container_status";
  assert.equal(scrape.values(state, one).length, 6);
  assert.equal(scrape.value(state, { ...one, state: "running" }), 1);
  assert.equal(scrape.value(state, { ...one, state: "exited" }), 0);
  assert.equal(scrape.value(state, { ...other, state: "exited" }), 1);
  assert.match(text, /,state="running"} 1\n/);
  const code = "dewy_container_last_terminated_exit_code";
  assert.deepEqual(scrape.values(code), [137]);
  assert.deepEqual(scrape.values("dewy_container_oom_killed"), [1]);
  assert.equal(
    scrape.value("dewy_container_info", {
      image: "ghcr.io/a/web:v1",
      version: "v1",
      ...one,
    }),
    1,
  );
});

Deno.test("Metrics asks the engine every five seconds at most, and tells nothing of a time when it fails", async () => {
  let now = 0;
  let asked = 0;
  let fails = false;
  await using metrics = metricsOf("container", () => now);
  using source = metrics.observeContainers({
    app: "web",
    desired: 2,
    read: () => {
      asked++;
      return fails ? Promise.reject(error) : Promise.resolve([RUNNING]);
    },
  });
  const replicas = async () =>
    (await scrapeOf(metrics)).value("dewy_container_replicas");
  assert.equal(await replicas(), 1);
  now = 4_999;
  assert.equal(await replicas(), 1);
  assert.equal(asked, 1);
  now = 5_000;
  fails = true;
  assert.equal(await replicas(), undefined);
  assert.equal(asked, 2);
  assert.equal(
    (await scrapeOf(metrics)).value("dewy_container_desired_replicas"),
    2,
  );
  source[Symbol.dispose]();
  const after = await scrapeOf(metrics);
  assert.equal(after.value("dewy_container_desired_replicas"), undefined);
});

Deno.test("Metrics gives an engine that hangs two seconds", async () => {
  await using metrics = metricsOf("container");
  let limit = AbortSignal.abort();
  using _ = metrics.observeContainers({
    app: "web",
    desired: 2,
    read: (signal) => {
      limit = signal;
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    },
  });
  const startedAt = performance.now();
  const scrape = await scrapeOf(metrics);
  assert.ok(limit.aborted);
  assert.ok(performance.now() - startedAt > 1_500);
  assert.equal(scrape.value("dewy_container_replicas"), undefined);
  assert.equal(scrape.value("dewy_container_desired_replicas"), 2);
});
