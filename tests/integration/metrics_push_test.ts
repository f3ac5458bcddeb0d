import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEWY_FLAGS } from "../../scripts/runtime_flags.ts";
import { makeCertificates } from "../support/certificates.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import {
  metricsIn,
  OtlpCollector,
  type OtlpMetric,
  type OtlpPush,
} from "../support/otlp_collector.ts";
import { ServerBench } from "../support/server_bench.ts";
import { TempDir } from "../support/temp_dir.ts";

const OFTEN = { OTEL_METRIC_EXPORT_INTERVAL: "300" };

async function lastPush(collector: OtlpCollector): Promise<OtlpPush> {
  const [last] = (await collector.pushes()).slice(-1);
  assert.ok(last !== undefined, "nothing was pushed");
  return last;
}

/** Returns the value of the only series, or of the one with this label. */
function valueOf(metric: OtlpMetric | undefined, label?: string): number {
  const { dataPoints = [] } = metric?.sum ?? metric?.gauge ?? {};
  const point = dataPoints.find(({ attributes = [] }) =>
    label === undefined ||
    attributes.some(({ value }) => value.stringValue === label)
  );
  return Number(point?.asInt ?? point?.asDouble);
}

Deno.test("dewy server pushes what it does over gRPC with TLS, and a last time when it stops", async () => {
  await using folder = await TempDir.create();
  const tls = await makeCertificates(folder.path);
  await using collector = await OtlpCollector.start({ tls });
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({
    args: ["--otlp-endpoint", `localhost:${collector.grpcPort}`],
    env: {
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=other,team=web",
      // What the system trusts, in a file of its own.
      SSL_CERT_FILE: tls.ca,
    },
  });
  const endpoint = `localhost:${collector.grpcPort}`;
  await dewy.waitForLog("Telemetry enabled", {
    prometheus: true,
    "otlp_endpoint": endpoint,
  });
  await bench.serves("v1.0.0");
  await bench.publish("v1.1.0");
  await bench.serves("v1.1.0");
  await dewy.waitForLog("Deployment completed successfully", {
    tag: "v1.1.0",
  });
  dewy.kill("SIGHUP");
  await dewy.waitForLog("Restart notification", {
    message: "Restarted receiving by `SIGHUP` signal",
  });
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
  const push = await lastPush(collector);
  assert.equal(push.headers["authorization"], "Bearer abc");
  const metrics = metricsIn(push);
  assert.equal(valueOf(metrics.get("dewy.deployments.total"), "server"), 2);
  assert.equal(
    valueOf(metrics.get("dewy.server.restarts.total"), "deploy"),
    1,
  );
  assert.equal(
    valueOf(metrics.get("dewy.server.restarts.total"), "signal"),
    1,
  );
  assert.deepEqual(dewy.logs("Failed to push metrics"), []);
});

Deno.test("dewy assets pushes what it does over HTTP while it runs", async () => {
  await using collector = await OtlpCollector.start();
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = DewyProcess.start({
    cwd: bench.workdir,
    args: [
      ...["assets", "--registry", bench.registry.url, "--interval", "200ms"],
      ...["--otlp-endpoint", `http://127.0.0.1:${collector.httpPort}`],
    ],
    env: OFTEN,
  });
  const metrics = await eventually(async () => {
    const [last] = (await collector.pushes()).slice(-1);
    const metrics = last && metricsIn(last);
    const deployments = metrics?.get("dewy.deployments.total");
    return valueOf(deployments, "assets") === 1 && metrics;
  }, { message: "the deploy is pushed" });
  assert.equal(valueOf(metrics.get("dewy.deployed.info"), "v1.0.0"), 1);
  assert.ok(valueOf(metrics.get("dewy.polls.total")) > 0);
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
});

Deno.test("a collector that is not there costs one line, and no time", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const endpoint = `127.0.0.1:${freePort()}`;
  await using dewy = bench.start({
    args: ["--otlp-endpoint", endpoint, "--otlp-insecure"],
    env: OFTEN,
  });
  await bench.serves("v1.0.0");
  const failed = "Failed to push metrics";
  await eventually(() => dewy.logs(failed).length >= 3, {
    message: "three pushes fail",
  });
  const told = dewy.logs(failed).filter(({ level }) => level !== "DEBUG");
  assert.equal(told.length, 1);
  assert.match(String(told[0]?.["error"]), /refused/i);
  assert.match(String(told[0]?.["hint"]), /--otlp-insecure|host and port/);
  const stoppedAt = performance.now();
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
  assert.ok(performance.now() - stoppedAt < 5_000);
});

Deno.test("a header that cannot be read is a mistake at the start, and is not shown", async () => {
  await using bench = await ServerBench.create();
  await using dewy = bench.start({
    args: ["--otlp-endpoint", "localhost:4317"],
    env: { OTEL_EXPORTER_OTLP_HEADERS: "authorization: s3cret" },
  });
  assert.equal(await dewy.exitCode(), 1);
  assert.match(dewy.transcript(), /Cannot read OTEL_EXPORTER_OTLP_HEADERS/);
  assert.ok(!dewy.transcript().includes("s3cret"));
});

/** Runs one tick of a dewy from source that fails as soon as it loads OpenTelemetry. */
async function runTrapped(
  bench: ServerBench,
  ...args: readonly string[]
): Promise<string> {
  const source = new URL("../../deno.json", import.meta.url);
  const config = JSON.parse(await Deno.readTextFile(source));
  const trap = bench.path("trap.ts");
  await Deno.writeTextFile(trap, "export {};\n");
  const imports = Object.fromEntries(
    Object.entries(config.imports).map(([name, place]) => [
      name,
      name.startsWith("@opentelemetry/") ? `file://${trap}` : place,
    ]),
  );
  const path = bench.path("deno.json");
  const { unstable, nodeModulesDir } = config;
  await Deno.writeTextFile(
    path,
    JSON.stringify({ imports, unstable, nodeModulesDir, lock: false }),
  );
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", ...DEWY_FLAGS, "--config", path, main],
      ...["assets", "--once", "--registry", bench.registry.url, ...args],
    ],
    cwd: bench.workdir,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return `${code} ${new TextDecoder().decode(stderr)}`;
}

Deno.test("without --telemetry nothing of it is loaded", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  assert.match(await runTrapped(bench, "--telemetry"), /^70 .*@opentelemetry/);
  assert.match(await runTrapped(bench), /^0 /);
  await Deno.stat(join(bench.workdir, "current"));
});
