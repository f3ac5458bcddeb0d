import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { elapsedMs } from "../base/elapsed.ts";
import { errorMessage, SourceError } from "../base/errors.ts";
import type { MetricsEvent } from "../base/event_metrics.ts";
import type { MetricsExporter } from "./metrics.ts";
import { pushFailure } from "./otlp_failure.ts";
import type { OtlpSettings } from "./otlp_settings.ts";

/** A connection to a collector. */
export interface OtlpSender extends Disposable {
  /**
   * Sends a request.
   *
   * @returns The answer.
   * @throws When there is none, or it is a refusal.
   */
  send(
    request: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

/** What an {@link OtlpExporter} works with. */
export interface OtlpExporterOptions {
  readonly settings: OtlpSettings;
  readonly sender: OtlpSender;
  readonly emit: (event: MetricsEvent) => void;
  /** Unix milliseconds. @default Date.now */
  readonly now?: () => number;
}

/** A collector that is gone is told again after so long, milliseconds. */
const TELL_AGAIN_MS = 60 * 60_000;

/**
 * Pushes metrics to a collector. A push that fails is not repeated: values are
 * sums since the start, so that the next one has all that this one had.
 */
export class OtlpExporter implements MetricsExporter {
  #options: OtlpExporterOptions;
  #over = new AbortController();
  #pushing: Promise<unknown> = Promise.resolve();
  /** Pushes that failed in a row. */
  #failures = 0;
  #toldAt = -Infinity;

  constructor(options: OtlpExporterOptions) {
    this.#options = options;
  }

  get intervalMs(): number {
    return this.#options.settings.intervalMs;
  }

  export(
    metrics: ResourceMetrics,
    done: (result: ExportResult) => void,
  ): void {
    this.#pushing = this.#push(metrics).then(done);
  }

  async forceFlush(): Promise<void> {
    await this.#pushing;
  }

  async shutdown(): Promise<void> {
    await this.#pushing;
  }

  /** Gives up what is on its way. */
  [Symbol.dispose](): void {
    this.#over.abort();
    this.#options.sender[Symbol.dispose]();
  }

  /** Never rejects. */
  async #push(metrics: ResourceMetrics): Promise<ExportResult> {
    try {
      await this.#send(metrics);
    } catch (cause) {
      const error = pushFailure(cause, this.#options.settings);
      this.#tellFailure(error);
      return { code: ExportResultCode.FAILED, error };
    }
    this.#tellSuccess();
    return { code: ExportResultCode.SUCCESS };
  }

  async #send(metrics: ResourceMetrics): Promise<void> {
    const { sender, settings: { timeoutMs } } = this.#options;
    const request = ProtobufMetricsSerializer.serializeRequest(metrics);
    if (request === undefined) throw new TypeError("Metrics have no bytes");
    const answer = await sender.send(
      Uint8Array.from(request),
      AbortSignal.any([this.#over.signal, AbortSignal.timeout(timeoutMs)]),
    );
    refuseRejected(answer);
  }

  #tellFailure(error: Error): void {
    const { emit, settings: { shown }, now = Date.now } = this.#options;
    this.#failures++;
    const notable = elapsedMs(this.#toldAt, now()) >= TELL_AGAIN_MS;
    if (notable) this.#toldAt = now();
    emit({
      type: "metrics-push-failed",
      endpoint: shown,
      error,
      failures: this.#failures,
      notable,
    });
  }

  #tellSuccess(): void {
    const { emit, settings: { shown } } = this.#options;
    const failures = this.#failures;
    if (failures === 0) return;
    this.#failures = 0;
    this.#toldAt = -Infinity;
    emit({ type: "metrics-push-works", endpoint: shown, failures });
  }
}

/** @throws {SourceError} When the collector did not take everything. */
function refuseRejected(answer: Uint8Array): void {
  const { partialSuccess } = readAnswer(answer);
  const rejected = Number(partialSuccess?.rejectedDataPoints ?? 0);
  if (rejected === 0) return;
  const why = partialSuccess?.errorMessage || "it does not say why";
  throw new SourceError(
    "invalid",
    `the collector rejected ${rejected} data points: ${why}`,
    { hint: "See the log of the collector" },
  );
}

function readAnswer(
  answer: Uint8Array,
): ReturnType<typeof ProtobufMetricsSerializer.deserializeResponse> {
  try {
    return ProtobufMetricsSerializer.deserializeResponse(answer);
  } catch (cause) {
    throw new SourceError(
      "invalid",
      `the answer is none of a collector: ${errorMessage(cause)}`,
      { cause, hint: "Check host, port and path" },
    );
  }
}
