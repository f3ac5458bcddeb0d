import assert from "node:assert/strict";
import type { MetricsEvent } from "../../../src/base/event_metrics.ts";
import { Metrics } from "../../../src/metrics/metrics.ts";
import { openOtlp } from "../../../src/metrics/open_otlp.ts";
import { otlpSettings } from "../../../src/metrics/otlp_settings.ts";
import { PortMetrics } from "../../../src/proxy/port_metrics.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { freePort } from "../../support/free_port.ts";
import {
  metricsIn,
  OtlpCollector,
  type OtlpPush,
} from "../../support/otlp_collector.ts";
import { SAMPLES } from "../../support/sample_events.ts";
import { TempDir } from "../../support/temp_dir.ts";

interface Pushing {
  readonly endpoint: string;
  readonly insecure?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly roots?: string;
  readonly flushMs?: number;
}

/** Counts a deploy, pushes as a stop of dewy does, and returns what was told. */
async function pushOnce(
  { endpoint, insecure = false, env = {}, roots, flushMs = 5_000 }: Pushing,
): Promise<MetricsEvent[]> {
  const told: MetricsEvent[] = [];
  const emit = (event: MetricsEvent) => void told.push(event);
  const settings = otlpSettings({ endpoint, insecure }, env);
  const exporter = await openOtlp(settings, { emit, roots });
  await using metrics = new Metrics({
    command: "server",
    version: "1.2.3",
    exporter,
    flushMs,
    attributes: { team: "a" },
  });
  const port = new PortMetrics();
  port.connected(0.002);
  metrics.observeProxy(() => new Map([[8080, port.snapshot()]]));
  metrics.observeState(() => ({
    deployed: { tag: "v1", at: 0 },
    failed: 0,
    quarantined: 0,
    isHeld: false,
    pinned: undefined,
  }));
  metrics.count(SAMPLES["deploy-started"]);
  metrics.count({ type: "deploy-succeeded", tag: "v1", durationMs: 7_500 });
  return told;
}

async function onlyPush(collector: OtlpCollector): Promise<OtlpPush> {
  const [push, ...others] = await collector.pushes();
  assert.ok(push !== undefined && others.length === 0);
  return push;
}

for (const protocol of ["grpc", "http"] as const) {
  const endpointOf = (collector: OtlpCollector) =>
    protocol === "grpc"
      ? { endpoint: `127.0.0.1:${collector.grpcPort}`, insecure: true }
      : { endpoint: `http://127.0.0.1:${collector.httpPort}` };

  Deno.test(`metrics are pushed over ${protocol} when dewy stops`, async () => {
    await using collector = await OtlpCollector.start();
    const told = await pushOnce(endpointOf(collector));
    assert.deepEqual(told, []);
    const push = await onlyPush(collector);
    assert.equal(push.protocol, protocol);
    const [resource] = push.request.resourceMetrics;
    const attributes = resource?.resource.attributes
      .map(({ key, value }) => [key, value.stringValue]);
    assert.deepEqual(Object.fromEntries(attributes ?? []), {
      "service.name": "dewy",
      "service.version": "1.2.3",
      "team": "a",
    });
    const scopes = resource?.scopeMetrics.map(({ scope }) => scope.name);
    assert.deepEqual(new Set(scopes), new Set(["github.com/linyows/dewy"]));
    const metrics = metricsIn(push);
    const deployments = metrics.get("dewy.deployments.total");
    assert.equal(deployments?.unit, "{deployment}");
    assert.ok(deployments?.sum?.isMonotonic);
    assert.equal(
      deployments?.sum?.aggregationTemporality,
      "AGGREGATION_TEMPORALITY_CUMULATIVE",
    );
    const [point] = deployments?.sum?.dataPoints ?? [];
    assert.equal(Number(point?.asInt ?? point?.asDouble), 1);
    const [latency] = metrics.get("dewy.proxy.connect.latency")?.histogram
      ?.dataPoints ?? [];
    assert.equal(latency?.count, "1");
    assert.deepEqual(latency?.attributes, [
      { key: "proxy_port", value: { intValue: "8080" } },
    ]);
    assert.equal(
      metrics.get("dewy.deployed.info")?.gauge?.dataPoints.length,
      1,
    );
  });

  Deno.test(`metrics are pushed over ${protocol} with headers, and compressed`, async () => {
    await using collector = await OtlpCollector.start();
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20abc",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    };
    assert.deepEqual(await pushOnce({ ...endpointOf(collector), env }), []);
    const push = await onlyPush(collector);
    assert.equal(push.headers["authorization"], "Basic abc");
    assert.ok(metricsIn(push).has("dewy.deployments.total"));
  });

  Deno.test(`metrics are pushed over ${protocol} with TLS to who is trusted only`, async () => {
    await using folder = await TempDir.create();
    const tls = await makeCertificates(folder.path);
    await using collector = await OtlpCollector.start({ tls });
    const { grpcPort, httpPort } = collector;
    for (const host of ["localhost", "127.0.0.1"]) {
      const endpoint = protocol === "grpc"
        ? `${host}:${grpcPort}`
        : `https://${host}:${httpPort}`;
      const [failure] = await pushOnce({ endpoint });
      assert.ok(failure?.type === "metrics-push-failed");
      assert.match(
        `${failure.error.message} ${Reflect.get(failure.error, "hint")}`,
        /OTEL_EXPORTER_OTLP_CERTIFICATE/,
      );
      assert.deepEqual(await pushOnce({ endpoint, roots: tls.ca }), []);
      const env = { OTEL_EXPORTER_OTLP_CERTIFICATE: tls.ca };
      assert.deepEqual(await pushOnce({ endpoint, env }), []);
    }
    assert.equal((await collector.pushes()).length, 4);
  });

  Deno.test(`metrics are pushed over ${protocol} to who wants a certificate`, async () => {
    await using folder = await TempDir.create();
    const tls = await makeCertificates(folder.path);
    await using collector = await OtlpCollector.start({
      tls,
      clientCa: tls.ca,
    });
    const { grpcPort, httpPort } = collector;
    const endpoint = protocol === "grpc"
      ? `localhost:${grpcPort}`
      : `https://localhost:${httpPort}`;
    const env = { OTEL_EXPORTER_OTLP_CERTIFICATE: tls.ca };
    const [failure] = await pushOnce({ endpoint, env });
    assert.ok(failure?.type === "metrics-push-failed");
    const files = {
      ...env,
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: tls.cert,
      OTEL_EXPORTER_OTLP_CLIENT_KEY: tls.key,
    };
    assert.deepEqual(await pushOnce({ endpoint, env: files }), []);
    assert.equal((await collector.pushes()).length, 1);
  });

  Deno.test(`a collector that refuses over ${protocol} is told, without its credentials`, async () => {
    await using collector = await OtlpCollector.start({ answer: "denied" });
    const env = { OTEL_EXPORTER_OTLP_HEADERS: "authorization=s3cret" };
    const [failure] = await pushOnce({ ...endpointOf(collector), env });
    assert.ok(failure?.type === "metrics-push-failed");
    const { message } = failure.error;
    assert.match(message, /who is \*\*\*\?/);
    assert.ok(!Deno.inspect(failure).includes("s3cret"));
    assert.match(String(Reflect.get(failure.error, "hint")), /HEADERS/);
  });

  Deno.test(`a collector that takes a part only over ${protocol} is told`, async () => {
    await using collector = await OtlpCollector.start({ answer: "partial" });
    const [failure] = await pushOnce(endpointOf(collector));
    assert.ok(failure?.type === "metrics-push-failed");
    assert.match(failure.error.message, /rejected 3 data points: too old/);
  });

  Deno.test(`a collector that is not there over ${protocol} is told with what to do`, async () => {
    const port = freePort();
    const [failure] = await pushOnce(
      protocol === "grpc"
        ? { endpoint: `127.0.0.1:${port}`, insecure: true }
        : { endpoint: `http://127.0.0.1:${port}` },
    );
    assert.ok(failure?.type === "metrics-push-failed");
    assert.match(failure.error.message, /refused/i);
    const hint = Reflect.get(failure.error, "hint");
    assert.match(String(hint), /Check host and port/);
  });

  Deno.test(`a collector that takes connections and is silent over ${protocol} is given up when dewy stops`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const [failure] = await pushOnce({
      flushMs: 300,
      ...(protocol === "grpc"
        ? { endpoint: `127.0.0.1:${port}`, insecure: true }
        : { endpoint: `http://127.0.0.1:${port}` }),
    });
    assert.ok(failure?.type === "metrics-push-failed");
    assert.match(failure.error.message, /dewy ended before/);
  });
}
