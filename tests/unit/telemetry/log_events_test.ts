import assert from "node:assert/strict";
import {
  ApplicationError,
  FilesystemError,
  SourceError,
} from "../../../src/base/errors.ts";
import type { DeployEvent, HookResult } from "../../../src/base/event.ts";
import { linesOf } from "../../../src/telemetry/log_events.ts";
import { formatJson, formatText } from "../../../src/telemetry/log_format.ts";

const error = new SourceError("unavailable", "Cannot read the registry", {
  cause: new Error("No route to host"),
  hint: "Check the network",
});
const worker = { pid: 42, generation: 3 };
const result: HookResult = {
  when: "before",
  command: "make ready",
  stdout: "done",
  stderr: "",
  exitCode: 0,
  durationMs: 1_500,
  timedOut: false,
};

/** One event of every type: a new type does not compile until it is here. */
const SAMPLES: {
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
  "tick-failed": { type: "tick-failed", error, failures: 1 },
  "errors-cleared": { type: "errors-cleared", failures: 4 },
};

for (const event of Object.values(SAMPLES)) {
  Deno.test(`linesOf() writes "${event.type}" so that it can be read`, () => {
    const lines = linesOf(event);
    assert.ok(lines.length > 0, "it has no line");
    for (const [level, message, fields = {}] of lines) {
      assert.match(message, /^[A-Z].*[^.]$/);
      const line = { time: 0, level, message, fields };
      const text = formatText(line);
      assert.ok(!/undefined|null|NaN|\[object/.test(text), text);
      assert.ok(!text.includes("\n"));
      JSON.parse(formatJson(line));
    }
  });
}

Deno.test("linesOf() tells an error with its causes and what to do", () => {
  assert.deepEqual(linesOf(SAMPLES["deploy-failed"]), [[
    "error",
    "Deploy failed",
    {
      tag: "v2",
      error: "Cannot read the registry: No route to host",
      hint: "Check the network",
      restored_to: "v1",
      attempts: 1,
      retry_at: "2026-01-15T12:05:00.000Z",
    },
  ]]);
});

Deno.test("linesOf() does not repeat a cause that the message quotes", () => {
  const cause = new Error("unexpected end of file");
  const error = new FilesystemError(`Cannot read it: ${cause.message}`, {
    cause,
  });
  const [line] = linesOf({ type: "restart-failed", error });
  assert.equal(line?.[2]?.["error"], "Cannot read it: unexpected end of file");
});

Deno.test("linesOf() tells a failed hook with its output and its exit code", () => {
  for (const when of ["before", "after"] as const) {
    const lines = linesOf({
      type: "hook-finished",
      result: { ...result, when, exitCode: 3, stderr: "No database" },
    });
    assert.deepEqual(lines.map(([level, message]) => [level, message]), [
      ["info", "Execute hook failed"],
      [
        "error",
        when === "before"
          ? "Before deploy hook failure"
          : "After deploy hook failure",
      ],
    ]);
    assert.equal(lines[0]?.[2]?.["stderr"], "No database");
    assert.equal(lines[1]?.[2]?.["error"], "exit status 3");
  }
});

Deno.test("linesOf() tells a hook that the time limit ended from one that failed", () => {
  const lines = linesOf({
    type: "hook-finished",
    result: { ...result, exitCode: -1, timedOut: true, durationMs: 600_000 },
  });
  assert.equal(
    lines[1]?.[2]?.["error"],
    "time limit passed after 10m0s, killed with all it started",
  );
});

Deno.test("linesOf() counts failed ticks from the fourth on", () => {
  const messages = [1, 3, 4].map((failures) =>
    linesOf({ type: "tick-failed", error, failures })
      .map(([, message]) => message)
  );
  assert.deepEqual(messages, [
    ["Dewy run failure"],
    ["Dewy run failure"],
    ["Dewy run failure", "Error count"],
  ]);
});

Deno.test("linesOf() is louder the first time something is worth knowing", () => {
  const levelOf = (event: DeployEvent) => linesOf(event)[0]?.[0];
  const skipped = SAMPLES["deploy-skipped"];
  assert.equal(levelOf(skipped), "debug");
  assert.equal(levelOf({ ...skipped, notable: true }), "warn");
  const report = SAMPLES["report-failed"];
  assert.equal(levelOf(report), "warn");
  assert.equal(levelOf({ ...report, first: false }), "debug");
  const incomplete = SAMPLES["version-incomplete"];
  assert.equal(levelOf(incomplete), "warn");
  assert.equal(levelOf({ ...incomplete, withinGrace: true }), "debug");
});
