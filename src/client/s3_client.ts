import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { SourceError } from "../base/errors.ts";
import type { TransferLimits } from "../base/transfer_limits.ts";
import { TransferWatch } from "../base/transfer_watch.ts";
import { withBoundedBody } from "./s3_answer.ts";

/** Where an S3 service is, and who asks it. */
export interface S3Access {
  readonly region: string;
  /** Base URL of a service that is not AWS's own; AWS's for the region when left out. */
  readonly endpoint?: string | undefined;
  /** dewy's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: TransferLimits | undefined;
}

/** A service that has not begun to answer by then does not answer, milliseconds. */
const ANSWER_MS = 20_000;

/**
 * Returns the client for all small requests and for downloads. Its bodies are
 * web streams: the SDK's own handler for Node needs twice the memory.
 */
export function createS3Client(access: S3Access): S3Client {
  const answerMs = access.limits?.answerMs ?? ANSWER_MS;
  const requestHandler = new FetchHttpHandler({
    customFetch: (input) => fetchStored(input, answerMs),
  });
  return new S3Client({ ...configOf(access), requestHandler });
}

/**
 * Returns the client for uploads. S3 wants the length of a body beforehand, and
 * `fetch` announces none for a stream; the SDK's handler for Node does.
 */
export function createS3Uploader(access: S3Access): S3Client {
  return new S3Client(configOf(access));
}

/** Fetches the bytes as they are stored, also those of `Content-Encoding: gzip`: checksums and lengths are theirs. */
async function fetchStored(
  input: RequestInfo | URL,
  answerMs: number,
): Promise<Response> {
  const request = new Request(input);
  request.headers.set("accept-encoding", "identity");
  // Not disposed of after a success: the body, too, ends with the request's signal.
  const watch = new TransferWatch(
    request.signal,
    (ms) => new SourceError("timeout", `No answer in ${ms / 1000} s`),
  );
  watch.expect(answerMs);
  try {
    const response = await fetch(request, { signal: watch.signal });
    return await withBoundedBody(response, new URL(request.url));
  } finally {
    watch.settle();
  }
}

function configOf({ region, endpoint, env }: S3Access): S3ClientConfig {
  return {
    region,
    // Other services rarely answer to the name of a bucket as a host name.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...staticCredentials(env),
    // Checksums that not every service knows are neither asked for nor sent.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    retryStrategy: new BriefRetry(),
    // The SDK's own name tells the release of this host's system, and needs the permission to read it.
    defaultUserAgentProvider: () => Promise.resolve([["dewy"]]),
  };
}

/**
 * Keys in the environment come first in the SDK's own chain too; they are given
 * to it here so that it is dewy's environment that counts. Everything else
 * (profiles, SSO, web identity, container and instance roles) is the chain's.
 */
function staticCredentials(
  env: Readonly<Record<string, string>>,
): Pick<S3ClientConfig, "credentials"> {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = env["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey || env["AWS_PROFILE"]) return {};
  return {
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken ? { sessionToken } : {}),
    },
  };
}

type RetryStrategy = Extract<
  NonNullable<S3ClientConfig["retryStrategy"]>,
  { acquireInitialRetryToken: unknown }
>;
type RetryToken = Awaited<
  ReturnType<RetryStrategy["acquireInitialRetryToken"]>
>;
type RetryInfo = Parameters<RetryStrategy["refreshRetryTokenForRetry"]>[1];

const MAX_RETRIES = 2;
const FIRST_PAUSE_MS = 100;

/**
 * Bridges a blip. The SDK's own strategy waits for as long as a service asks
 * it to, unseen; dewy's polls do that, and say so.
 */
class BriefRetry implements RetryStrategy {
  acquireInitialRetryToken(): Promise<RetryToken> {
    return Promise.resolve(tokenOf(0));
  }

  refreshRetryTokenForRetry(
    token: RetryToken,
    { error, errorType, retryAfterHint }: RetryInfo,
  ): Promise<RetryToken> {
    const count = token.getRetryCount() + 1;
    const isOver = count > MAX_RETRIES || retryAfterHint !== undefined ||
      // The SDK does not know what fetch throws when a connection breaks.
      (errorType === "CLIENT_ERROR" && !(error instanceof TypeError));
    return isOver
      ? Promise.reject(new Error("No more attempts"))
      : Promise.resolve(tokenOf(count));
  }

  recordSuccess(): void {}
}

function tokenOf(count: number): RetryToken {
  const delayMs = count === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (count - 1);
  return { getRetryCount: () => count, getRetryDelay: () => delayMs };
}
