import type { MetricsEvent } from "../base/event_metrics.ts";
import { OtlpExporter, type OtlpSender } from "./otlp_exporter.ts";
import type { OtlpSettings } from "./otlp_settings.ts";
import { type OtlpTls, readOtlpTls } from "./otlp_tls.ts";

/** What {@link openOtlp} works with. */
export interface OtlpDeps {
  /** A file with authorities in the place of the system's. */
  readonly roots: string | undefined;
  readonly emit: (event: MetricsEvent) => void;
}

/**
 * Returns what pushes metrics to a collector; nothing is sent yet. It gives up
 * what it holds when it is shut down.
 *
 * @throws {FilesystemError} When a file that TLS needs cannot be read.
 */
export async function openOtlp(
  settings: OtlpSettings,
  { roots, emit }: OtlpDeps,
): Promise<OtlpExporter> {
  const tls = await readOtlpTls(settings, roots);
  return new OtlpExporter({
    settings,
    emit,
    sender: await openSender(settings, tls),
  });
}

/** Each protocol brings its own library. */
async function openSender(
  settings: OtlpSettings,
  tls: OtlpTls,
): Promise<OtlpSender> {
  if (settings.protocol === "http") {
    const { httpSender } = await import("./otlp_http.ts");
    return httpSender(settings, tls);
  }
  const { grpcSender } = await import("./otlp_grpc.ts");
  return grpcSender(settings, tls);
}
