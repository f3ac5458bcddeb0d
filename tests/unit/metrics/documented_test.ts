import assert from "node:assert/strict";
import { installPrograms } from "../../../scripts/prepare_machine.ts";
import { COUNTERS, GAUGES } from "../../../src/metrics/names.ts";
import { prometheusName } from "../../../src/metrics/prometheus_name.ts";
import { CONTAINER_METRICS } from "../../support/metrics_table.ts";
import { TempDir } from "../../support/temp_dir.ts";

const DOCS = await Deno.readTextFile(
  new URL("../../../docs/telemetry.md", import.meta.url),
);

Deno.test("every metric is documented, and no other", () => {
  const rows = [...DOCS.matchAll(/^\| `(dewy_\w+)`/gm)]
    .map(([, name = ""]) => name);
  const counters = Object.values(COUNTERS).map(([name, unit]) =>
    prometheusName(name, { unit, isCounter: true })
  );
  const gauges = Object.values(GAUGES).map(([name, unit]) =>
    prometheusName(name, { unit, isCounter: false })
  );
  // The names of the proxy, and histograms, are not in these lists.
  const others = CONTAINER_METRICS.map(({ name }) => name).concat(
    "dewy_hook_duration_seconds",
    "dewy_proxy_failures_total",
    "dewy_proxy_requests_total",
  );
  const all = new Set([...counters, ...gauges, ...others]);
  assert.deepEqual(rows.toSorted(), [...all].sort());
});

Deno.test("Prometheus takes the alerts of the documentation, and they name metrics there are", async () => {
  await installPrograms({ promtool: "prometheus" });
  const [, rules = ""] = /^(groups:\n[\s\S]*?)```/m.exec(DOCS) ?? [];
  await using folder = await TempDir.create();
  const path = folder.join("rules.yml");
  await Deno.writeTextFile(path, rules);
  const { success, stderr, stdout } = await new Deno.Command("promtool", {
    args: ["check", "rules", path],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert.ok(success, said);
  assert.match(new TextDecoder().decode(stdout), /SUCCESS: \d+ rules found/);
  const used = rules.matchAll(/dewy_\w+/g);
  for (const [name] of used) assert.ok(DOCS.includes(`\n| \`${name}\``), name);
});
