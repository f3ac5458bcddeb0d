import type { SourceErrorCode } from "./errors.ts";

/** What happens to a cache that hosts share. Times in milliseconds. */
export type SharedCacheEvent =
  | {
    readonly type: "object-written";
    /** `s3://bucket` or `gs://bucket`. */
    readonly bucket: string;
    readonly key: string;
  }
  | {
    readonly type: "shared-cache-failed";
    readonly operation: "read" | "write";
    readonly bucket: string;
    readonly key: string;
    readonly error: Error;
  }
  | { readonly type: "registry-cache-enabled"; readonly ttlMs: number }
  | { readonly type: "registry-cache-ignored" }
  | { readonly type: "registry-refreshed"; readonly node: string }
  | {
    readonly type: "registry-cache-failed";
    readonly step: "read" | "claim" | "publish" | "release";
    readonly error: Error;
    /** Whether it worked the last time. */
    readonly first: boolean;
  }
  | {
    /** The registry fails while a cached answer is given: told when that begins, when it lasts, and when it is over. */
    readonly type: "registry-outage";
    readonly phase: "begun" | "lasting" | "over";
    readonly sinceMs: number;
    readonly reason: string;
    /** What the failure was; left out when that is not known. Told again when it becomes `denied`. */
    readonly code?: SourceErrorCode | undefined;
  };
