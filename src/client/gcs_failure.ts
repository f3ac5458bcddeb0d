import { SourceError } from "../base/errors.ts";
import { GcsAnswerError, GcsCredentialsError } from "./gcs_storage.ts";
import { toSourceError, toUnreadable } from "./object_failure.ts";

/** What was tried, for {@link explainGcs}. */
export interface GcsAttempt {
  /** `Cannot list "gs://bucket/prefix"`. */
  readonly what: string;
  readonly endpoint: string;
  /** What the credentials must allow for it: `storage.objects.list`. */
  readonly permission: string;
}

/** Turns what a request threw into an error that an operator can act on. */
export function explainGcs(error: unknown, attempt: GcsAttempt): SourceError {
  const { what, endpoint } = attempt;
  if (error instanceof SourceError) {
    return new SourceError(error.code, `${what}: ${error.message}`, {
      hint: `Check the network, and that "${endpoint}" can be reached`,
    });
  }
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof GcsCredentialsError) {
    return new SourceError("denied", `${what}: no usable Google credentials`, {
      hint:
        "Set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run on a host with a service account",
      cause: new Error(detail),
    });
  }
  if (error instanceof SyntaxError) return toUnreadable(what, endpoint);
  if (!(error instanceof GcsAnswerError)) {
    return toSourceError({ ...attempt, detail });
  }
  const { code: status, retryAfterMs } = error;
  return toSourceError({ ...attempt, status, detail, retryAfterMs });
}
