import {
  ApplicationError,
  FilesystemError,
  SourceError,
} from "../../src/base/errors.ts";
import type { DeployEvent, HookResult } from "../../src/base/event.ts";

/** An error with a cause and a hint. */
export const error = new SourceError(
  "unavailable",
  "Cannot read the registry",
  {
    cause: new Error("No route to host"),
    hint: "Check the network",
  },
);
const backend = { host: "127.0.0.1", port: 49_152 };
const worker = { pid: 42, generation: 3 };
/** How a hook ended that did its work. */
export const result: HookResult = {
  when: "before",
  command: "make ready",
  stdout: "done",
  stderr: "",
  exitCode: 0,
  durationMs: 1_500,
  timedOut: false,
};

/** One event of every type: a new type does not compile until it is here. */
export const SAMPLES: {
  readonly [T in DeployEvent["type"]]: Extract<DeployEvent, { type: T }>;
} = {
  "started": {
    type: "started",
    command: "server",
    version: "1.0.0",
    commit: "abc1234",
    date: "2026-01-15",
  },
  "stopping": { type: "stopping", signal: "terminated" },
  "stopped": { type: "stopped" },
  "ignored-signal": {
    type: "ignored-signal",
    signal: "SIGHUP",
    reason: "there is no server to restart",
  },
  "setting-unavailable": { type: "setting-unavailable", message: "No metrics" },
  "privileged-port": { type: "privileged-port", port: 80 },
  "unknown-variable": {
    type: "unknown-variable",
    name: "DEWY_REGISTY",
    nearest: "DEWY_REGISTRY",
  },
  "fetch-widened": { type: "fetch-widened", hosts: ["files.example.com:443"] },
  "leftovers-removed": { type: "leftovers-removed", paths: ["a", "b"] },
  "state-unreadable": {
    type: "state-unreadable",
    path: "/srv/app/.dewy/state.json",
    movedTo: "/srv/app/.dewy/state.json.unreadable",
    error: new SyntaxError("Not a state file of format 1"),
  },
  "deploy-interrupted": {
    type: "deploy-interrupted",
    tag: "v2",
    restoredTo: "v1",
  },
  "registry-selected": { type: "registry-selected", tag: "v2" },
  "version-incomplete": {
    type: "version-incomplete",
    tag: "v2",
    reason: "artifact not found: app",
    withinGrace: false,
    notable: true,
    gracePeriodMs: 1_800_000,
  },
  "deploy-skipped": {
    type: "deploy-skipped",
    reason: "v1 is deployed",
    tag: "v1",
    notable: false,
  },
  "deploy-started": {
    type: "deploy-started",
    tag: "v2",
    previous: "v1",
    reason: "newer than v1",
  },
  "artifact-cached": {
    type: "artifact-cached",
    tag: "v2",
    key: "v2--app",
    path: "/cache/v2--app",
    bytes: 7,
    sha256: "abc",
    fromCache: false,
  },
  "artifact-verified": {
    type: "artifact-verified",
    key: "v2--app",
    source: "app.sha256",
  },
  "artifact-downloaded": { type: "artifact-downloaded", tag: "v2" },
  "hook-finished": { type: "hook-finished", result },
  "archive-extracted": {
    type: "archive-extracted",
    path: "/releases/1",
    entries: 3,
    bytes: 9,
    durationMs: 12,
  },
  "link-created": { type: "link-created", from: "/releases/1", to: "/current" },
  "server-starting": { type: "server-starting", tag: "v2" },
  "server-restarting": { type: "server-restarting", tag: "v2", pid: 42 },
  "server-started": {
    type: "server-started",
    tag: "v2",
    ports: 1,
    restarted: true,
  },
  "worker-started": { type: "worker-started", ...worker },
  "worker-ready": {
    type: "worker-ready",
    ...worker,
    proof: "alive for 5s",
    durationMs: 5_000,
  },
  "worker-rejected": {
    type: "worker-rejected",
    ...worker,
    reason: "The new worker exited with code 1",
  },
  "worker-unready": {
    type: "worker-unready",
    ...worker,
    reason: "The new worker did not send READY=1 in time",
  },
  "worker-retiring": { type: "worker-retiring", ...worker },
  "worker-killed": { type: "worker-killed", ...worker, waitedMs: 60_000 },
  "worker-retired": {
    type: "worker-retired",
    ...worker,
    exit: { code: 0, signal: null },
  },
  "worker-died": {
    type: "worker-died",
    ...worker,
    exit: { code: null, signal: "SIGSEGV" },
    respawnInMs: 500,
    deaths: 2,
  },
  "worker-launch-failed": {
    type: "worker-launch-failed",
    error: new ApplicationError('Cannot start "app"', { hint: "Check it" }),
    respawnInMs: 500,
  },
  "orphan-found": { type: "orphan-found", pid: 42 },
  "orphan-gone": { type: "orphan-gone", pid: 42, killed: true },
  "restart-failed": { type: "restart-failed", error },
  "restarted-by-signal": { type: "restarted-by-signal", signal: "SIGHUP" },
  "deploy-succeeded": { type: "deploy-succeeded", tag: "v2", durationMs: 700 },
  "deploy-failed": {
    type: "deploy-failed",
    failure: {
      tag: "v2",
      error,
      restoredTo: "v1",
      attempts: 1,
      retryAt: Date.parse("2026-01-15T12:05:00Z"),
    },
  },
  "deploy-cancelled": { type: "deploy-cancelled", tag: "v2" },
  "rollback-started": {
    type: "rollback-started",
    tag: "v2",
    to: "v1",
    reason: "its worker died 5 times in a row",
  },
  "report-sent": { type: "report-sent", tag: "v2" },
  "report-failed": { type: "report-failed", tag: "v2", error, first: true },
  "releases-pruned": { type: "releases-pruned", kept: 7, removed: ["/r/1"] },
  "cleanup-failed": {
    type: "cleanup-failed",
    what: "old releases",
    error: new FilesystemError("Cannot remove it"),
  },
  "registry-failed": {
    type: "registry-failed",
    error,
    failures: 2,
    retryInMs: 20_000,
  },
  "object-written": {
    type: "object-written",
    bucket: "s3://builds",
    key: "app/v2--app.tar.gz",
  },
  "shared-cache-failed": {
    type: "shared-cache-failed",
    operation: "read",
    bucket: "s3://builds",
    key: "v2--app.tar.gz",
    error,
  },
  "registry-cache-enabled": { type: "registry-cache-enabled", ttlMs: 30_000 },
  "registry-cache-ignored": { type: "registry-cache-ignored" },
  "registry-refreshed": { type: "registry-refreshed", node: "web1:42" },
  "registry-cache-failed": {
    type: "registry-cache-failed",
    step: "read",
    error,
    first: true,
  },
  "registry-outage": {
    type: "registry-outage",
    phase: "begun",
    sinceMs: Date.UTC(2026, 0, 15),
    reason: "Cannot read the registry",
  },
  "proxy-started": { type: "proxy-started", port: 8_000, protocol: "http" },
  "proxies-started": { type: "proxies-started", count: 2 },
  "backend-added": { type: "backend-added", port: 8_000, backend, total: 2 },
  "backend-removed": {
    type: "backend-removed",
    port: 8_000,
    backend,
    total: 1,
  },
  "proxy-trouble": {
    type: "proxy-trouble",
    port: 8_000,
    trouble: "connect-failed",
    backend,
    error: "Connection refused",
  },
  "proxy-isolate-lost": {
    type: "proxy-isolate-lost",
    why: "it was silent for 10 s",
    isSilent: true,
    connections: 12,
  },
  "proxy-isolate-replaced": { type: "proxy-isolate-replaced" },
  "proxy-isolate-not-replaced": {
    type: "proxy-isolate-not-replaced",
    error: "the address is in use",
  },
  "tick-failed": { type: "tick-failed", error, failures: 1 },
  "errors-cleared": { type: "errors-cleared", failures: 4 },
};
