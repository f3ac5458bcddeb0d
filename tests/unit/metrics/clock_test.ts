import assert from "node:assert/strict";
import { delay } from "../../support/delay.ts";
import { Metrics } from "../../../src/metrics/metrics.ts";
import { RUNNING, scrapeOf } from "../../support/metrics_bench.ts";
import { SAMPLES } from "../../support/sample_events.ts";

const HOUR = 3_600_000;

Deno.test("Metrics tells the age of the last poll when the clock is set back", async () => {
  await using metrics = new Metrics({ command: "assets", version: "1.2.3" });
  metrics.count(SAMPLES["registry-answered"]);
  const before = Date.now;
  try {
    Date.now = () => before() - HOUR;
    await delay(20);
    const scrape = await scrapeOf(metrics);
    const age = scrape.value("dewy_poll_age_seconds") ?? NaN;
    assert.ok(age >= 0.01 && age < 60, `${age} s`);
  } finally {
    Date.now = before;
  }
});

Deno.test("Metrics tells a clock that runs from zero, and asks the engine at once", async () => {
  await using metrics = new Metrics({ command: "container", version: "1.2.3" });
  let asked = 0;
  using _ = metrics.observeContainers({
    app: "web",
    desired: 1,
    read: () => {
      asked++;
      return Promise.resolve([RUNNING]);
    },
  });
  await metrics.text();
  await metrics.text();
  assert.equal(asked, 1);
});
