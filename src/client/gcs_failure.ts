import { SourceError } from "../base/errors.ts";
import { GcsAnswerError, GcsCredentialsError } from "./gcs_storage.ts";
import { toSourceError, toUnreadable } from "./object_failure.ts";
import { VersionConflict } from "./object_store.ts";

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
      hint: error.hint ??
        `Check the network, and that "${endpoint}" can be reached`,
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

/** Lets pass what a missing object is answered with, and throws any other error. */
export function undefinedIfMissing(error: unknown): undefined {
  // The message for a missing bucket names the bucket and not the object.
  const isMissing = error instanceof GcsAnswerError && error.code === 404 &&
    !/bucket does not exist/i.test(error.message);
  if (!isMissing) throw error;
}

/** Turns what a write threw into a {@link VersionConflict} when its condition did not hold. */
export function toConflict(error: unknown, what: string): unknown {
  const isConflict = error instanceof GcsAnswerError &&
    (error.code === 412 || error.code === 409);
  if (!isConflict) return error;
  return new VersionConflict(`${what}: it was changed meanwhile`);
}
