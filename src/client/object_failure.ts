import { SourceError, type SourceErrorCode } from "../base/errors.ts";

/** What a storage service said, or what kept it from saying anything. */
export interface ObjectFailure {
  /** What could not be done: `Cannot list "s3://bucket/prefix"`. */
  readonly what: string;
  /** HTTP status; left out when there was no answer. */
  readonly status?: number | undefined;
  /** The service's own name for it: `NoSuchBucket`. */
  readonly reason?: string | undefined;
  /** What the service or the network says; must hold no secret. */
  readonly detail?: string | undefined;
  /** How long the service asks to be left alone, milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Where was asked: `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined;
  /** Beats the hint that goes with the status. */
  readonly hint?: string | undefined;
  /** What would have to be allowed: `s3:ListBucket`. */
  readonly permission?: string | undefined;
}

/**
 * Turns a failure into an error that an operator can act on. The original one
 * is not kept: SDKs hang requests, keys and signatures onto theirs.
 */
export function toSourceError(failure: ObjectFailure): SourceError {
  const { what, status, reason, detail } = failure;
  const because = [reason, status === undefined ? detail : `HTTP ${status}`]
    .filter((part) => part !== undefined && part !== "").join(", ");
  return new SourceError(
    codeOf(status),
    because === "" ? what : `${what}: ${because}`,
    {
      hint: failure.hint ?? hintOf(failure),
      retryAfterMs: failure.retryAfterMs ?? 0,
      ...(status === undefined || !detail ? {} : { cause: new Error(detail) }),
    },
  );
}

/** Returns the error for an answer that no storage service gives: often it is a proxy's or a login page. */
export function toUnreadable(
  what: string,
  endpoint: string | undefined,
): SourceError {
  const message = `${what}: the answer cannot be read`;
  return new SourceError("invalid", message, {
    hint: endpoint === undefined
      ? "Check whether a proxy answers in place of the service"
      : `Check whether "${endpoint}" is a storage service`,
  });
}

function codeOf(status: number | undefined): SourceErrorCode {
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "not-found";
  if (status === 408 || status === 504) return "timeout";
  // Too many requests, and two that met: both are over in a moment.
  if (status === 429 || status === 409) return "unavailable";
  return status !== undefined && status < 500 ? "invalid" : "unavailable";
}

function hintOf({ status, endpoint, permission }: ObjectFailure): string {
  switch (codeOf(status)) {
    case "denied":
      return permission === undefined
        ? "Check the credentials, and what they may do"
        : `Check the credentials; they must allow ${permission}`;
    case "not-found":
      return "Check the names in the URL, and that it was not removed";
    case "invalid":
      return "Check region, bucket and endpoint in the URL";
    default:
      if (status === 429 || status === 503) {
        return "The service asks for fewer requests: raise --interval";
      }
      return status === undefined
        ? `Check the network${
          endpoint === undefined ? "" : `, and that "${endpoint}" is right`
        }`
        : "The service has a problem of its own; dewy tries again by itself";
  }
}

/** Returns what a `Retry-After` header asks for, milliseconds; 0 when it says nothing. */
export function retryAfterMs(header: string | null | undefined): number {
  if (!header) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds)
    ? Date.parse(header) - Date.now()
    : seconds * 1000;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
