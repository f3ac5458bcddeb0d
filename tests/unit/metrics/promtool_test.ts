import assert from "node:assert/strict";
import { PortMetrics } from "../../../src/proxy/port_metrics.ts";
import { installPrograms } from "../../../scripts/prepare_machine.ts";
import { ENDED, metricsOf, RUNNING } from "../../support/metrics_bench.ts";
import { SAMPLES } from "../../support/sample_events.ts";

/** Has Prometheus itself read a scrape; returns what it has to say, with the names that it says it of. */
async function check(text: string): Promise<string[]> {
  await installPrograms({ promtool: "prometheus" });
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout, stderr } = await output;
  const decoder = new TextDecoder();
  return (decoder.decode(stdout) + decoder.decode(stderr)).split("\n")
    .filter((line) => line !== "");
}

for (const command of ["server", "assets", "container"] as const) {
  Deno.test(`Prometheus reads all metrics of ${command} mode, and finds nothing to mend in the names`, async () => {
    await using metrics = metricsOf(command);
    for (const event of Object.values(SAMPLES)) metrics.count(event);
    metrics.observeState(() => ({
      deployed: { tag: 'v"1\n', at: 1_736_934_645_123 },
      failed: 1,
      quarantined: 1,
      isHeld: false,
      pinned: undefined,
    }));
    metrics.observeServer(() => true);
    const port = new PortMetrics();
    port.failed("no-backend");
    metrics.observeProxy(() => new Map([[8080, port.snapshot()]]));
    using _ = metrics.observeContainers({
      app: "web",
      desired: 2,
      read: () => Promise.resolve([RUNNING, ENDED]),
    });
    assert.deepEqual(await check(await metrics.text()), []);
  });
}

Deno.test("Prometheus is asked in earnest", async () => {
  const said = await check("# TYPE a counter\na 1\n");
  assert.ok(said.some((line) => line.includes("_total")), said.join("\n"));
  assert.match((await check("a b c\n")).join("\n"), /error while linting/);
});
