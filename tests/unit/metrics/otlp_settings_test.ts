import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import {
  otlpSettings,
  resourceAttributes,
} from "../../../src/metrics/otlp_settings.ts";

const secure = { insecure: false };

for (
  const [endpoint, insecure, protocol, url] of [
    ["otel:4317", "no", "grpc", "https://otel:4317"],
    ["otel:4317", "yes", "grpc", "http://otel:4317"],
    ["[::1]:4317", "yes", "grpc", "http://[::1]:4317"],
    ["http://otel:4318", "no", "http", "http://otel:4318/v1/metrics"],
    ["https://otel/", "no", "http", "https://otel/v1/metrics"],
    ["https://otel/otlp/", "no", "http", "https://otel/otlp/v1/metrics"],
    ["https://otel/v1/metrics", "no", "http", "https://otel/v1/metrics"],
    // A URL says itself what it is.
    ["https://otel", "yes", "http", "https://otel/v1/metrics"],
  ] as const
) {
  Deno.test(`otlpSettings() takes ${endpoint} as ${url}, insecure: ${insecure}`, () => {
    const options = { endpoint, insecure: insecure === "yes" };
    const settings = otlpSettings(options, {});
    assert.equal(settings.protocol, protocol);
    assert.equal(settings.url, url);
    assert.equal(settings.intervalMs, 15_000);
    assert.equal(settings.timeoutMs, 10_000);
    assert.ok(!settings.isCompressed);
    assert.deepEqual(settings.headers, {});
  });
}

Deno.test("otlpSettings() reads what every exporter reads, that of metrics first", () => {
  const settings = otlpSettings({ endpoint: "otel:4317", ...secure }, {
    OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Basic%20abc%3D, x-tenant = a=b,",
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: "x-tenant=c",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
    OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "3000",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_CERTIFICATE: "/ca.pem",
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: "/cert.pem",
    OTEL_EXPORTER_OTLP_CLIENT_KEY: "/key.pem",
  });
  assert.deepEqual(settings.headers, {
    "authorization": "Basic abc=",
    "x-tenant": "c",
  });
  assert.equal(settings.timeoutMs, 3_000);
  assert.ok(settings.isCompressed);
  assert.deepEqual(settings.files, {
    ca: "/ca.pem",
    cert: "/cert.pem",
    key: "/key.pem",
  });
});

Deno.test("otlpSettings() has a push be over when the next one is due", () => {
  const env = {
    OTEL_EXPORTER_OTLP_TIMEOUT: "60000",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
  };
  const { timeoutMs, intervalMs } = otlpSettings(
    { endpoint: "a:1", ...secure },
    env,
  );
  assert.deepEqual([timeoutMs, intervalMs], [5_000, 5_000]);
});

for (
  const [name, value] of [
    ["OTEL_EXPORTER_OTLP_HEADERS", "authorization: s3cret"],
    ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=b,c=%s3cret"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "10s"],
    ["OTEL_METRIC_EXPORT_INTERVAL", "0"],
    ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"],
    ["OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key.pem"],
    ["OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/cert.pem"],
  ] as const
) {
  Deno.test(`otlpSettings() refuses ${name}=${value}, and shows no secret`, () => {
    assert.throws(
      () => otlpSettings({ endpoint: "a:1", ...secure }, { [name]: value }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, new RegExp(name));
        assert.ok(error.hint);
        assert.ok(!`${error.message}${error.hint}`.includes("s3cret"));
        return true;
      },
    );
  });
}

Deno.test("otlpSettings() refuses credentials in the URL, and shows none", () => {
  assert.throws(
    () => otlpSettings({ endpoint: "https://me:s3cret@otel", ...secure }, {}),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.hint ?? "", /OTEL_EXPORTER_OTLP_HEADERS/);
      return !error.message.includes("s3cret");
    },
  );
});

Deno.test("resourceAttributes() keeps the names as they are", () => {
  const env = { OTEL_RESOURCE_ATTRIBUTES: "Host.Name=web%201,team=a" };
  const attributes = { "Host.Name": "web 1", "team": "a" };
  assert.deepEqual(resourceAttributes(env), attributes);
});
