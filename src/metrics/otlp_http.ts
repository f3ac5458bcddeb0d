import { SourceError } from "../base/errors.ts";
import { readStart } from "../base/read_text.ts";
import type { OtlpSender } from "./otlp_exporter.ts";
import type { OtlpSettings } from "./otlp_settings.ts";
import type { OtlpTls } from "./otlp_tls.ts";

/** An answer has a few bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** What an answer holds, and is sent as. */
const PROTOBUF = "application/x-protobuf";

/** Returns what sends requests over HTTP. */
export function httpSender(
  { url, headers, isCompressed }: OtlpSettings,
  { ca, cert, key }: OtlpTls,
): OtlpSender {
  const client = Deno.createHttpClient({
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
  const send: OtlpSender["send"] = async (request, signal) => {
    const response = await fetch(url, {
      client,
      method: "POST",
      // Credentials are for this address only.
      redirect: "error",
      headers: {
        ...headers,
        "content-type": PROTOBUF,
        ...(isCompressed ? { "content-encoding": "gzip" } : {}),
      },
      body: isCompressed ? await gzip(request) : request,
      signal,
    });
    const bytes = await bodyOf(response);
    if (!response.ok) throw refusal(response, bytes);
    // A proxy that answers for a collector has pages.
    const type = response.headers.get("content-type") ?? "";
    return type.startsWith(PROTOBUF) ? bytes : new Uint8Array();
  };
  return { send, [Symbol.dispose]: () => client.close() };
}

async function bodyOf({ body }: Response): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  return (await readStart(body, MAX_ANSWER_BYTES)).bytes;
}

function refusal(
  { status, headers }: Response,
  bytes: Uint8Array,
): SourceError {
  const isText = (headers.get("content-type") ?? "").startsWith("text/");
  const words = isText ? new TextDecoder().decode(bytes).trim() : "";
  const isDenied = status === 401 || status === 403;
  const text = `the collector answered ${status}`;
  return new SourceError(
    isDenied ? "denied" : status === 404 ? "not-found" : "unavailable",
    words === "" ? text : `${text}: ${words}`,
    status === 404
      ? { hint: "Check the path: dewy adds /v1/metrics to it" }
      : {},
  );
}

async function gzip(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const zipped = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}
