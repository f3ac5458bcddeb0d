import { DewyError, errorMessage, SourceError } from "../base/errors.ts";
import type { OtlpSettings } from "./otlp_settings.ts";

/** Words of others are shown up to this length. */
const MAX_TEXT = 300;
const MASK = "***";

/** Returns what a failed push means for the operator, without the values of headers. */
export function pushFailure(
  cause: unknown,
  settings: OtlpSettings,
): SourceError {
  const { shown, headers } = settings;
  const hint = cause instanceof DewyError ? cause.hint : undefined;
  const text = Object.values(headers)
    .filter((value) => value !== "")
    .reduce((text, value) => text.replaceAll(value, MASK), reasonOf(cause));
  const line = text.replace(/\p{Cc}+/gu, " ").trim().slice(0, MAX_TEXT);
  return new SourceError(
    cause instanceof SourceError ? cause.code : "unavailable",
    `Cannot push metrics to "${shown}": ${line}`,
    // Not the cause: it holds what was masked here.
    { hint: hint ?? hintFor(line, settings) },
  );
}

function reasonOf(cause: unknown): string {
  if (cause instanceof DOMException && cause.name === "TimeoutError") {
    return "no answer in time";
  }
  if (cause instanceof DOMException && cause.name === "AbortError") {
    return "dewy ended before there was an answer";
  }
  const message = errorMessage(cause);
  // dewy's own errors say what their cause said.
  const inner = cause instanceof Error && !(cause instanceof DewyError)
    ? cause.cause
    : undefined;
  if (inner === undefined) return message;
  const why = errorMessage(inner);
  return message.includes(why) ? message : `${message}: ${why}`;
}

function hintFor(text: string, { protocol, url }: OtlpSettings): string {
  const usual = "Check host and port, and that the collector runs";
  const isTls = url.startsWith("https:");
  if (/unknown ?issuer|unable to (?:verify|get)|self.signed/i.test(text)) {
    return "The certificate comes from an authority that is not trusted here: name its file in OTEL_EXPORTER_OTLP_CERTIFICATE";
  }
  if (/altname|not valid for|NotValidForName/i.test(text)) {
    return "Use the name that the collector's certificate is made for";
  }
  if (/unauthenticated|permission.denied|\b40[13]\b/i.test(text)) {
    return "Give the collector's credentials in OTEL_EXPORTER_OTLP_HEADERS";
  }
  if (!isTls) return usual;
  return protocol === "grpc"
    ? `${usual}; add --otlp-insecure if it speaks no TLS`
    : `${usual}; write http:// if it speaks no TLS`;
}
