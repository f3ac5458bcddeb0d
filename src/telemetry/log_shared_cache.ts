import type { SharedCacheEvent } from "../base/event_shared_cache.ts";
import { errorFields, type Line, type LinesOf } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

/** Log lines of a cache that hosts share. */
export const SHARED_CACHE_LINES: LinesOf<SharedCacheEvent> = {
  "object-written": ({ bucket, key }) => [writtenLine(bucket, key)],
  "shared-cache-failed": (
    { operation, bucket, key, error },
  ) => [["warn", `Failed to ${operation} shared cache`, {
    bucket,
    key,
    ...errorFields(error),
  }]],
  "registry-cache-enabled": (
    { ttlMs },
  ) => [["info", "Registry result cache enabled", {
    ttl: new LogDuration(ttlMs),
  }]],
  "registry-cache-ignored": () => [[
    "warn",
    "Setting registry-ttl has no effect: the cache cannot write atomically",
  ]],
  "registry-refreshed": (
    { node },
  ) => [["info", "Registry result refreshed from upstream", { node }]],
  "registry-cache-failed": ({ first, step, error }) => [
    [first ? "warn" : "debug", CACHE_FAILURES[step], errorFields(error)],
  ],
  "registry-outage": (event) => [outageLine(event)],
};

const CACHE_FAILURES = {
  read: "Failed to read shared registry cache",
  claim: "Failed to claim registry cache lock",
  publish: "Failed to publish refreshed registry cache",
  release: "Failed to release registry cache lock",
};

function writtenLine(bucket: string, key: string): Line {
  const name = bucket.replace(/^[a-z0-9]+:\/\//, "");
  return bucket.startsWith("gs://")
    ? ["info", "Write GCS object", { bucket: name, name: key }]
    : ["info", "Write S3 object", { bucket: name, key }];
}

function outageLine(
  event: Extract<SharedCacheEvent, { type: "registry-outage" }>,
): Line {
  const { phase, sinceMs, reason } = event;
  const since = new Date(sinceMs).toISOString();
  if (phase === "over") {
    return ["info", "Upstream registry works again", { since }];
  }
  const fields = { since, error: reason };
  return phase === "begun"
    ? ["warn", "Upstream registry failed; serving stale cache", fields]
    : ["error", "Upstream registry keeps failing; serving stale cache", fields];
}
