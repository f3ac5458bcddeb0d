import { abortable } from "../base/abortable.ts";
import type { SourceError } from "../base/errors.ts";
import { VersionConflict } from "./object_store.ts";

/** What is about to be asked of a storage service. */
export interface ObjectRequest {
  /** `Cannot list "s3://bucket/prefix"`. */
  readonly what: string;
  /** What the credentials must allow for it: `s3:ListBucket`. */
  readonly permission: string;
  readonly signal: AbortSignal;
}

/** Turns what a request threw into an error that an operator can act on. */
export type Explain = (error: unknown, request: ObjectRequest) => SourceError;

/** Runs one request. */
export type Ask = <T>(
  request: ObjectRequest,
  task: () => Promise<T>,
) => Promise<T>;

/**
 * Returns a function that runs one request: none after an abort, and none that
 * goes on being waited for after one. SDKs do not stop between two attempts
 * when they are told to.
 */
export function createAsk(explain: Explain): Ask {
  return async (request, task) => {
    const { signal } = request;
    signal.throwIfAborted();
    try {
      return await abortable(task(), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof VersionConflict ? error : explain(error, request);
    }
  };
}
