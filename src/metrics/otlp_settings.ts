import { ConfigError } from "../base/errors.ts";
import { describeUrl } from "../base/url.ts";

type Env = Readonly<Record<string, string>>;

/** Where metrics are pushed to, and how. */
export interface OtlpSettings {
  readonly protocol: "grpc" | "http";
  /** `https://host:4317` for gRPC; the whole URL for HTTP. */
  readonly url: string;
  /** As it may be shown. */
  readonly shown: string;
  /** By lower-case name; their values are secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Between two pushes, milliseconds. */
  readonly intervalMs: number;
  /** Longest time of one push, milliseconds; it is over when the next one is due. */
  readonly timeoutMs: number;
  readonly isCompressed: boolean;
  /** Files in PEM; what is left out is that of this host. */
  readonly files: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

/** What the options say. */
export interface OtlpOptions {
  /** `host:port` for gRPC; a URL for HTTP. */
  readonly endpoint: string;
  /** Whether gRPC goes without TLS; a URL says that itself. */
  readonly insecure: boolean;
}

/** The path of metrics below the URL of a collector. */
const METRICS_PATH = "/v1/metrics";
const TIMEOUT_MS = 10_000;
/** The original's. */
const INTERVAL_MS = 15_000;

/**
 * Returns where and how metrics are pushed, by the options and by the
 * variables that every exporter of OpenTelemetry reads.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 *
 * @throws {ConfigError} When the endpoint or a variable cannot be used.
 */
export function otlpSettings(
  { endpoint, insecure }: OtlpOptions,
  env: Env,
): OtlpSettings {
  const isUrl = /^https?:\/\//i.test(endpoint);
  const url = isUrl
    ? metricsUrl(endpoint)
    : `${insecure ? "http" : "https"}://${endpoint}`;
  const intervalMs = milliseconds("OTEL_METRIC_EXPORT_INTERVAL", env) ??
    INTERVAL_MS;
  const { name } = variable("TIMEOUT", env);
  const timeoutMs = milliseconds(name, env) ?? TIMEOUT_MS;
  return {
    protocol: isUrl ? "http" : "grpc",
    url,
    shown: describeUrl(endpoint),
    headers: {
      ...pairs("OTEL_EXPORTER_OTLP_HEADERS", env),
      ...pairs("OTEL_EXPORTER_OTLP_METRICS_HEADERS", env),
    },
    intervalMs,
    timeoutMs: Math.min(timeoutMs, intervalMs),
    isCompressed: compression(env) === "gzip",
    files: files(env),
  };
}

/** Returns what `OTEL_RESOURCE_ATTRIBUTES` says of this dewy. */
export function resourceAttributes(env: Env): Readonly<Record<string, string>> {
  return pairs("OTEL_RESOURCE_ATTRIBUTES", env);
}

function metricsUrl(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url === null || url.username !== "" || url.password !== "") {
    throw new ConfigError(
      `Cannot use --otlp-endpoint "${describeUrl(endpoint)}"`,
      {
        hint: url === null
          ? 'Write "host:port" for gRPC, or "https://host:4318" for HTTP'
          : "Give credentials in OTEL_EXPORTER_OTLP_HEADERS: authorization=Basic%20…",
      },
    );
  }
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith(METRICS_PATH) ? path : `${path}${METRICS_PATH}`;
  return url.href;
}

/** The variable of this signal comes before the one of all signals. */
function variable(
  part: string,
  env: Env,
): { readonly name: string; readonly value: string | undefined } {
  const [name = ""] = ["METRICS_", ""]
    .map((signal) => `OTEL_EXPORTER_OTLP_${signal}${part}`)
    .filter((name) => (env[name] ?? "").trim() !== "");
  const value = env[name]?.trim();
  return { name, value };
}

function milliseconds(name: string, env: Env): number | undefined {
  const text = env[name]?.trim() ?? "";
  if (text === "") return undefined;
  const ms = Number(text);
  if (Number.isFinite(ms) && ms > 0) return ms;
  throw new ConfigError(
    `Cannot use ${name}: must be milliseconds: current value is "${text}"`,
    { hint: "Write a number as in 10000" },
  );
}

function files(env: Env): OtlpSettings["files"] {
  const cert = variable("CLIENT_CERTIFICATE", env);
  const key = variable("CLIENT_KEY", env);
  if ((cert.value === undefined) !== (key.value === undefined)) {
    throw new ConfigError(
      `Cannot use ${
        cert.name || key.name
      }: a certificate and its key belong together`,
      {
        hint:
          "Set both OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY",
      },
    );
  }
  const ca = variable("CERTIFICATE", env).value;
  return { ca, cert: cert.value, key: key.value };
}

function compression(env: Env): string {
  const { name, value = "none" } = variable("COMPRESSION", env);
  if (value === "none" || value === "gzip") return value;
  throw new ConfigError(
    `Cannot use ${name}: must be "gzip" or "none": current value is "${value}"`,
    { hint: "Leave it out for no compression" },
  );
}

/** Reads `name=value,name=value`, percent-decoded. */
function pairs(name: string, env: Env): Record<string, string> {
  const texts = (env[name] ?? "").split(",").filter((text) =>
    text.trim() !== ""
  );
  return Object.fromEntries(texts.map((text, at) => {
    const [, key = "", value = ""] = /^\s*([^\s=]+)\s*=(.*)$/s.exec(text) ?? [];
    const decoded = decode(value.trim());
    if (key !== "" && decoded !== undefined) {
      return [isHeader(name) ? key.toLowerCase() : key, decoded];
    }
    // The text itself is a secret as often as not.
    throw new ConfigError(`Cannot read ${name}: part ${at + 1} is malformed`, {
      hint: 'Write "name=value,name=value" with values percent-encoded',
    });
  }));
}

function isHeader(name: string): boolean {
  return name.endsWith("HEADERS");
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
