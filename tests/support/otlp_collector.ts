import { installOtlp, OTLP_COLLECTOR } from "../../scripts/services/otlp.ts";
import { ServiceProcess } from "./service_process.ts";
import { TempDir } from "./temp_dir.ts";

/** A value of one series. */
export interface OtlpPoint {
  readonly attributes?: readonly OtlpAttribute[];
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

/** One metric, as protobuf's JSON has it. */
export interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: {
    readonly dataPoints: readonly OtlpPoint[];
    readonly aggregationTemporality: string;
    readonly isMonotonic?: boolean;
  };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
}

/** One push that arrived. */
export interface OtlpPush {
  readonly protocol: "grpc" | "http";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: {
    readonly resourceMetrics: readonly {
      readonly resource: { readonly attributes: readonly OtlpAttribute[] };
      readonly scopeMetrics: readonly {
        readonly scope: { readonly name: string };
        readonly metrics: readonly OtlpMetric[];
      }[];
    }[];
  };
}

/** How an {@link OtlpCollector} listens, and what it says. */
export interface OtlpCollectorOptions {
  /** Files of its certificate, for TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** File of the authority that certificates of clients come from. */
  readonly clientCa?: string;
  readonly answer?: "ok" | "denied" | "partial";
}

/** A collector in a process of its own. */
export class OtlpCollector implements AsyncDisposable {
  /** Ports of 127.0.0.1. */
  readonly grpcPort: number;
  readonly httpPort: number;
  #service: ServiceProcess;
  #temp: TempDir;

  private constructor(
    service: ServiceProcess,
    temp: TempDir,
    ports: readonly number[],
  ) {
    [this.grpcPort = 0, this.httpPort = 0] = ports;
    this.#service = service;
    this.#temp = temp;
  }

  static async start(
    { tls, clientCa, answer = "ok" }: OtlpCollectorOptions = {},
  ): Promise<OtlpCollector> {
    const python = await installOtlp();
    const temp = await TempDir.create();
    const service = ServiceProcess.start([
      python,
      OTLP_COLLECTOR,
      ...["--file", temp.join("pushes"), "--answer", answer],
      ...(tls === undefined ? [] : ["--cert", tls.cert, "--key", tls.key]),
      ...(clientCa === undefined ? [] : ["--client-ca", clientCa]),
    ], { GRPC_VERBOSITY: "NONE" });
    const [, ...ports] = (await service.firstLine()).split(" ");
    return new OtlpCollector(service, temp, ports.map(Number));
  }

  /** What was pushed so far. */
  async pushes(): Promise<OtlpPush[]> {
    const text = await Deno.readTextFile(this.#temp.join("pushes"))
      .catch((error) => {
        if (error instanceof Deno.errors.NotFound) return "";
        throw error;
      });
    return text.split("\n").slice(0, -1)
      .map((line): OtlpPush => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    await this.#temp[Symbol.asyncDispose]();
  }
}

/** Returns the metrics of a push by name. */
export function metricsIn(push: OtlpPush): ReadonlyMap<string, OtlpMetric> {
  const all = push.request.resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics)
  );
  return new Map(all.map((metric) => [metric.name, metric]));
}
