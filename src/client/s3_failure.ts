import { S3ServiceException } from "@aws-sdk/client-s3";
import { errorMessage, SourceError } from "../base/errors.ts";
import { retryAfterMs, toSourceError, toUnreadable } from "./object_failure.ts";
import { VersionConflict } from "./object_store.ts";

/** What was tried, for {@link explainS3}. */
export interface S3Attempt {
  /** `Cannot list "s3://bucket/prefix"`. */
  readonly what: string;
  readonly endpoint: string | undefined;
  /** What the credentials must allow for it: `s3:ListBucket`. */
  readonly permission: string;
}

/** Returns the HTTP status of what the SDK threw, or `undefined` when there was no answer. */
function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException
    ? error.$metadata.httpStatusCode
    : undefined;
}

/** Returns whether an error says that the key, and not the bucket, is missing. */
function isNoSuchKey(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== "NoSuchBucket";
}

/** Turns what the SDK threw into an error that an operator can act on. */
export function explainS3(error: unknown, attempt: S3Attempt): SourceError {
  const { what, endpoint, permission } = attempt;
  const name = nameOf(error);
  if (name === "CredentialsProviderError") {
    return new SourceError("denied", `${what}: no AWS credentials found`, {
      hint:
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or run on a host with a role",
    });
  }
  const own = findOwn(error);
  if (own !== undefined) {
    return new SourceError(own.code, `${what}: ${own.message}`, {
      hint: own.hint ??
        (endpoint === undefined
          ? "Check the network and its firewall"
          : `Check the network, and that "${endpoint}" is right`),
    });
  }
  const isPage = isUnreadable(error);
  const status = isPage ? responseOf(error).statusCode : statusOf(error);
  // Only a failure of a proxy's is also one when it is told in no XML.
  if (isPage && (status === undefined || status < 400 || status === 404)) {
    return toUnreadable(what, endpoint);
  }
  const isKnown = status !== undefined && !isPage && name !== "Unknown" &&
    name !== "UnknownError" && !/^\d+$/.test(name);
  return toSourceError({
    what,
    endpoint,
    permission,
    status,
    ...(isKnown ? { reason: name } : {}),
    ...(isPage ? {} : { detail: errorMessage(error) }),
    hint: regionHint(error) ?? signatureHint(name),
    retryAfterMs: retryAfterMs(headersOf(error)["retry-after"]),
  });
}

/** Returns whether a request that failed had been sent before, with an unknown end. */
export function wasRepeated(error: unknown): boolean {
  return error instanceof S3ServiceException &&
    (error.$metadata.attempts ?? 1) > 1;
}

/** Lets pass what a missing key is answered with, and throws any other error. */
export function undefinedIfMissing(error: unknown): undefined {
  if (!isNoSuchKey(error)) throw error;
}

/**
 * Turns what a write threw into a {@link VersionConflict} when the condition did not hold (412),
 * another writer was at it (409), or what was to be replaced is gone (404).
 */
export function toConflict(error: unknown, what: string): unknown {
  const status = statusOf(error);
  const isConflict = status === 412 || status === 409 || isNoSuchKey(error);
  if (!isConflict) return error;
  return new VersionConflict(`${what}: it was changed meanwhile`);
}

/** Returns whether there was an answer that is none of S3's. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && "$response" in error &&
    /pars(?:e|ing)/i.test(error.message);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** Returns the error of dewy's own, such as a time limit, that an SDK's error has come from. */
function findOwn(error: unknown): SourceError | undefined {
  if (error instanceof SourceError) return error;
  return error instanceof Error && error.cause !== undefined
    ? findOwn(error.cause)
    : undefined;
}

function regionHint(error: unknown): string | undefined {
  const region = headersOf(error)["x-amz-bucket-region"];
  const status = statusOf(error);
  if (region === undefined || (status !== 301 && status !== 400)) {
    return undefined;
  }
  return `The bucket is in region "${region}": write s3://${region}/…`;
}

function signatureHint(name: string): string | undefined {
  if (name === "RequestTimeTooSkewed") {
    return "Set the clock of this host: it differs too much from the service's";
  }
  if (name === "SignatureDoesNotMatch") {
    return "The secret access key is wrong, or a proxy changes the request";
  }
  if (name === "ExpiredToken") return "Renew the temporary credentials";
  return undefined;
}

function headersOf(error: unknown): Readonly<Record<string, string>> {
  return responseOf(error).headers ?? {};
}

/** Returns the answer that the SDK hangs onto its errors. */
function responseOf(error: unknown): {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
} {
  if (!(error instanceof Error)) return {};
  const { $response = {} } = error as { $response?: object };
  return $response;
}
