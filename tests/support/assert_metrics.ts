import assert from "node:assert/strict";
import type { KnownMetric } from "./metrics_table.ts";
import { Scrape } from "./prometheus_text.ts";

/** Every series says who counts it, in these labels. */
const SCOPE = {
  "otel_scope_name": "github.com/linyows/dewy",
  "otel_scope_version": "",
};

/** Asserts that a scrape holds `known` with these types, labels and buckets. */
export function assertMetrics(
  text: string,
  known: readonly KnownMetric[],
): Scrape {
  const scrape = new Scrape(text);
  for (const { name, type, labels, bounds } of known) {
    assert.equal(scrape.types.get(name), type, `${name} in\n${text}`);
    const sample = type === "histogram" ? `${name}_count` : name;
    assert.deepEqual(scrape.labelsOf(sample), labels, name);
    if (bounds === undefined) continue;
    const found = scrape.samples.filter((one) => one.name === `${name}_bucket`)
      .map(({ labels }) => labels["le"]);
    assert.deepEqual(found.slice(0, bounds.length), bounds, name);
  }
  const { name: first } = SCOPE_METRIC;
  assert.ok(scrape.value(first, SCOPE_METRIC.labels) === 1, text);
  for (const { name, labels } of scrape.samples) {
    if (name === first) continue;
    for (const [label, value] of Object.entries(SCOPE)) {
      assert.equal(labels[label], value, name);
    }
  }
  return scrape;
}

const SCOPE_METRIC = {
  name: "target_info",
  labels: { "service_name": "dewy" },
};
