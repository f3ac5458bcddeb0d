import type { DeployStepEvent } from "../base/event_deploy.ts";
import { hookLines } from "./log_hook.ts";
import { errorFields, type LinesOf } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

/** Log lines of a deploy, and of what follows it. */
export const DEPLOY_LINES: LinesOf<DeployStepEvent> = {
  "deploy-started": (
    { tag, previous, reason },
  ) => [["info", "Deploy started", { tag, previous, reason }]],
  "artifact-verified": (
    { key, source },
  ) => [["info", "Verified checksum", { cache_key: key, source }]],
  "artifact-cached": ({ key, path, bytes, sha256, fromCache }) =>
    fromCache
      ? [["debug", "Found artifact in cache", { cache_key: key, path }]]
      : [
        ["info", "Write file", { path }],
        ["info", "Cached artifact", { cache_key: key, bytes, sha256 }],
      ],
  "artifact-downloaded": ({ tag }) => [["info", "Download notification", {
    message: `Downloaded artifact for ${tag}`,
  }]],
  "hook-finished": ({ result }) => hookLines(result),
  "archive-extracted": (
    { path, entries, bytes, durationMs },
  ) => [["info", "Extract archive", {
    path,
    entries,
    bytes,
    duration: new LogDuration(durationMs),
  }]],
  "link-created": ({ from, to }) => [["info", "Create symlink", { from, to }]],
  "deploy-succeeded": (
    { tag, durationMs },
  ) => [["info", "Deployment completed successfully", {
    tag,
    duration: new LogDuration(durationMs),
  }]],
  "deploy-failed": ({ failure }) => [["error", "Deploy failed", {
    tag: failure.tag,
    ...errorFields(failure.error),
    restored_to: failure.restoredTo,
    attempts: failure.attempts,
    retry_at: new Date(failure.retryAt).toISOString(),
  }]],
  "rollback-started": (
    { tag, to, reason },
  ) => [["error", "Rolling back deployment", { tag, to, reason }]],
  "deploy-cancelled": (
    { tag },
  ) => [["info", "Deploy called off by the stop", { tag }]],
  "report-sent": ({ tag }) => [["debug", "Report shipping", { tag }]],
  "report-failed": ({ tag, error, first }) => [
    [first ? "warn" : "debug", "Report shipping failure", {
      tag,
      ...errorFields(error),
    }],
  ],
  "releases-pruned": ({ kept, removed }) => [["info", "Keep releases", {
    count: kept,
    removed: removed.length,
  }]],
};
