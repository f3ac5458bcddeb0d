import type { DeployEvent } from "../base/event.ts";
import { errorFields, type Line } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

/** Returns the log lines of an event of the shared cache, or `undefined` when it is another. */
export function sharedCacheLines(
  event: DeployEvent,
): readonly Line[] | undefined {
  switch (event.type) {
    case "object-written": {
      const { bucket, key } = event;
      const name = bucket.replace(/^[a-z0-9]+:\/\//, "");
      return bucket.startsWith("gs://")
        ? [["info", "Write GCS object", { bucket: name, name: key }]]
        : [["info", "Write S3 object", { bucket: name, key }]];
    }
    case "shared-cache-failed": {
      const { operation, bucket, key, error } = event;
      const fields = { bucket, key, ...errorFields(error) };
      return [["warn", `Failed to ${operation} shared cache`, fields]];
    }
    case "registry-cache-enabled": {
      const ttl = new LogDuration(event.ttlMs);
      return [["info", "Registry result cache enabled", { ttl }]];
    }
    case "registry-cache-ignored":
      return [[
        "warn",
        "Setting registry-ttl has no effect: the cache cannot write atomically",
      ]];
    case "registry-refreshed":
      return [["info", "Registry result refreshed from upstream", {
        node: event.node,
      }]];
    case "registry-cache-failed":
      return [[
        event.first ? "warn" : "debug",
        CACHE_FAILURES[event.step],
        errorFields(event.error),
      ]];
    case "registry-outage":
      return [outageLine(event)];
    default:
      return undefined;
  }
}

const CACHE_FAILURES = {
  read: "Failed to read shared registry cache",
  claim: "Failed to claim registry cache lock",
  publish: "Failed to publish refreshed registry cache",
  release: "Failed to release registry cache lock",
};

function outageLine(
  event: Extract<DeployEvent, { type: "registry-outage" }>,
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
