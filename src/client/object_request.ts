import { FilesystemError, SourceError } from "../base/errors.ts";
import { withDeadline } from "../base/time.ts";
import { STALL_MS } from "../base/transfer_limits.ts";
import { VersionConflict } from "./object_store.ts";

/** What is about to be asked of a storage service. */
export interface ObjectRequest {
  /** `Cannot list "s3://bucket/prefix"`. */
  readonly what: string;
  /** What the credentials must allow for it: `s3:ListBucket`. */
  readonly permission: string;
  readonly signal: AbortSignal;
  /** How long it may take with all its attempts, milliseconds; as {@link createAsk} says when left out. */
  readonly limitMs?: number;
}

/** Turns what a request threw into an error that an operator can act on. */
export type Explain = (error: unknown, request: ObjectRequest) => SourceError;

/** Runs one request; the task gets the signal that ends it. */
export type Ask = <T>(
  request: ObjectRequest,
  task: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/** Uploads of whole artifacts may take this long, milliseconds. */
export const UPLOAD_MS = 60 * 60 * 1000;

/**
 * Returns a function that runs one request: none after an abort, and none that
 * goes on being waited for after one, or after `limitMs` (60,000 when left
 * out). SDKs do not stop between two attempts when they are told to, and set no
 * limit to the time an answer takes that has begun.
 */
export function createAsk(explain: Explain, limitMs = STALL_MS): Ask {
  return async (request, task) => {
    const { signal, limitMs: ms = limitMs } = request;
    const onTimeout = () =>
      new SourceError("timeout", `No answer in ${ms / 1000} s`);
    signal.throwIfAborted();
    try {
      return await withDeadline(
        { signal, ms, onTimeout, abandon: true },
        task,
      );
    } catch (error) {
      signal.throwIfAborted();
      // What this host's own disk is to blame for is no failure of the service.
      const isOwn = error instanceof VersionConflict ||
        error instanceof FilesystemError;
      throw isOwn ? error : explain(error, request);
    }
  };
}
