import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  compressionGzip,
  createGrpcTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { errorMessage, SourceError } from "../base/errors.ts";
import type { OtlpSender } from "./otlp_exporter.ts";
import type { OtlpSettings } from "./otlp_settings.ts";
import type { OtlpTls } from "./otlp_tls.ts";
import { MetricsService } from "./proto/otlp_metrics_pb.ts";

/** An answer has a few bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** A silent path is found out before the next push trusts it. */
const PINGS = {
  pingIntervalMs: 30_000,
  pingTimeoutMs: 5_000,
  idleConnectionTimeoutMs: 60_000,
};

/** Returns what sends requests over gRPC, on one connection that a lost one replaces. */
export function grpcSender(
  { url, headers, isCompressed }: OtlpSettings,
  tls: OtlpTls,
): OtlpSender {
  const manager = new Http2SessionManager(url, PINGS, { ...tls });
  const client = createClient(
    MetricsService,
    createGrpcTransport({
      baseUrl: url,
      sessionManager: manager,
      readMaxBytes: MAX_ANSWER_BYTES,
      ...(isCompressed ? { sendCompression: compressionGzip } : {}),
    }),
  );
  const send: OtlpSender["send"] = async (request, signal) => {
    try {
      const answer = await client.export(
        fromBinary(EmptySchema, request),
        { headers, signal },
      );
      return toBinary(EmptySchema, answer);
    } catch (error) {
      signal.throwIfAborted();
      throw explain(error, manager.error());
    }
  };
  return { send, [Symbol.dispose]: () => manager.abort() };
}

function explain(error: unknown, connectionError: unknown): SourceError {
  const failure = ConnectError.from(error);
  // What has no cause was said by the collector itself.
  const isSpoken = failure.cause === undefined &&
    failure.code !== Code.Canceled;
  const text = isSpoken || connectionError === undefined
    ? `${failure.rawMessage} (${Code[failure.code]})`
    : errorMessage(connectionError);
  return new SourceError("unavailable", text, { cause: error });
}
