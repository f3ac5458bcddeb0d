import type { EmitEvent } from "../base/event.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import type { Containers } from "../container/containers.ts";
import type { Metrics, MetricsOptions } from "../metrics/metrics.ts";
import type { StateReading } from "../metrics/state_gauges.ts";
import type { Proxy } from "../proxy/proxy.ts";
import type { State } from "../supervisor/state.ts";
import type { StateFile } from "../supervisor/state_file.ts";
import type {
  AssetsSettings,
  ContainerSettings,
  ServerSettings,
} from "./settings.ts";

/** What {@link openMetrics} works with. */
export interface MetricsDeps {
  readonly env: Readonly<Record<string, string>>;
  readonly emit: EmitEvent;
}

/**
 * Returns what counts and measures; `undefined` without `--telemetry`, and
 * nothing of it is loaded then.
 *
 * @throws {ConfigError} When the endpoint, or a variable about it, cannot be used.
 * @throws {FilesystemError} When a certificate for it cannot be read.
 */
export async function openMetrics(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  { env, emit }: MetricsDeps,
): Promise<Metrics | undefined> {
  const { command, otlpEndpoint, otlpInsecure: insecure } = settings;
  if (!settings.telemetry) return undefined;
  const { Metrics } = await import("../metrics/metrics.ts");
  const { version } = VERSION_INFO;
  const { resourceAttributes } = await import("../metrics/otlp_settings.ts");
  const attributes = resourceAttributes(env);
  const exporter = otlpEndpoint === undefined
    ? undefined
    : await openExporter({ endpoint: otlpEndpoint, insecure }, { env, emit });
  emit({ type: "metrics-enabled", otlpEndpoint });
  return new Metrics({ command, version, attributes, exporter });
}

async function openExporter(
  options: { readonly endpoint: string; readonly insecure: boolean },
  { env, emit }: MetricsDeps,
): Promise<MetricsOptions["exporter"]> {
  const { openOtlp } = await import("../metrics/open_otlp.ts");
  const { otlpSettings } = await import("../metrics/otlp_settings.ts");
  return await openOtlp(otlpSettings(options, env), {
    // As programs in Go take it, and OpenSSL.
    roots: env["SSL_CERT_FILE"] || undefined,
    emit,
  });
}

/** Returns what of the state is measured. */
export function stateReading(
  { deployed, failures, hold, pin }: State,
): StateReading {
  return {
    deployed,
    failed: failures.length,
    isHeld: hold !== undefined,
    pinned: pin?.tag,
    quarantined: failures.filter(({ quarantined }) => quarantined).length,
  };
}

/** Measures container mode until what it returns is disposed of; `undefined` without telemetry. */
export function measureContainers(
  metrics: Metrics | undefined,
  { settings, state, proxy, containers }: {
    readonly settings: ContainerSettings;
    readonly state: StateFile;
    readonly proxy: Proxy;
    readonly containers: Containers;
  },
): Disposable | undefined {
  if (metrics === undefined) return undefined;
  metrics.observeState(() => stateReading(state.value));
  metrics.observeProxy(() => proxy.snapshot());
  return metrics.observeContainers({
    app: settings.app,
    desired: settings.replicas,
    read: (signal) => containers.own.readings(signal),
  });
}
