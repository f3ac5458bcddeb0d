import { formatDuration } from "../base/duration.ts";
import type { DeployEvent, HookResult } from "../base/event.ts";
import { errorFields, type Line } from "./log_line.ts";
import { LogDuration, type Logger } from "./logger.ts";
import { sharedCacheLines } from "./shared_cache_lines.ts";

/** Returns a reader of events that writes each as its log line. */
export function logEvents(logger: Logger): (event: DeployEvent) => void {
  return (event) => {
    for (const [level, message, fields] of linesOf(event)) {
      logger.log(level, message, fields);
    }
  };
}

/** Returns the log lines of an event: level, constant message, named values. */
export function linesOf(event: DeployEvent): readonly Line[] {
  return programLines(event) ?? sharedCacheLines(event) ??
    decisionLines(event) ?? deployLines(event) ??
    workerLines(event) ?? [];
}

function programLines(event: DeployEvent): readonly Line[] | undefined {
  switch (event.type) {
    case "started": {
      const { version, date, commit, command } = event;
      const message =
        `Automatic shipping started by Dewy (v${version}: ${command})`;
      return [
        ["info", "Dewy started", { version, date, commit }],
        ["info", "Dewy start notification", { message }],
      ];
    }
    case "stopping":
      return [["info", "Shutdown notification", {
        message: `Stop receiving by \`${event.signal}\` signal`,
      }]];
    case "stopped":
      return [["info", "Dewy stopped"]];
    case "ignored-signal":
      return [["info", "Signal ignored", {
        signal: event.signal,
        reason: event.reason,
      }]];
    case "setting-unavailable":
      return [["error", "Setting has no effect", { error: event.message }]];
    case "unknown-variable":
      return [["warn", "Environment variable has no effect", {
        name: event.name,
        hint: event.nearest === undefined
          ? "dewy --help lists the options"
          : `Did you mean "${event.nearest}"?`,
      }]];
    case "privileged-port":
      return [["warn", "Using privileged port may require root privileges", {
        port: event.port,
      }]];
    case "fetch-widened":
      return [["warn", "Fetching may reach further hosts", {
        hosts: event.hosts.join(", "),
      }]];
    case "leftovers-removed":
      return [["info", "Removed leftovers of an interrupted run", {
        paths: event.paths.join(", "),
      }]];
    case "state-unreadable":
      return [["error", "State file is unreadable and was moved aside", {
        path: event.path,
        moved_to: event.movedTo,
        ...errorFields(event.error),
      }]];
    case "cleanup-failed":
      return [[
        event.what === "old releases" ? "error" : "warn",
        cleanupMessage(event.what),
        errorFields(event.error),
      ]];
    case "tick-failed":
      return [
        ["error", "Dewy run failure", errorFields(event.error)],
        ...(event.failures > 3
          ? [
            ["error", "Error count", {
              count: event.failures,
              error: event.error.message,
            }] as const,
          ]
          : []),
      ];
    case "errors-cleared":
      return [["info", "Error count reset", { from: event.failures, to: 0 }]];
    default:
      return undefined;
  }
}

function cleanupMessage(what: string): string {
  return what === "old releases"
    ? "Keep releases failure"
    : `Cannot tidy up ${what}`;
}

function decisionLines(event: DeployEvent): readonly Line[] | undefined {
  switch (event.type) {
    case "registry-failed": {
      const { error, failures, retryInMs } = event;
      return [["error", "Current failure", {
        ...errorFields(error),
        count: failures,
        retry_in: new LogDuration(retryInMs),
      }]];
    }
    case "registry-selected":
      return [["debug", "Selected release based on version tag", {
        tag: event.tag,
      }]];
    case "version-incomplete": {
      const { tag, reason, withinGrace, notable, gracePeriodMs } = event;
      const grace = new LogDuration(gracePeriodMs);
      if (withinGrace) {
        return [["debug", "Artifact not found within grace period", {
          message: reason,
          grace_period: grace,
          tag,
        }]];
      }
      // What may not be read says itself what to do.
      const hint = reason.startsWith("permission denied")
        ? undefined
        : "Publish the artifact for this platform, or withdraw the version";
      return [[notable ? "error" : "debug", "Current failure", {
        error: `${tag}: ${reason}`,
        grace_period: grace,
        hint,
      }]];
    }
    case "deploy-skipped": {
      const { reason, tag, notable } = event;
      return [[notable ? "warn" : "debug", "Deploy skipped", { reason, tag }]];
    }
    case "deploy-interrupted":
      return [["warn", "Took back a deploy that was cut short", {
        tag: event.tag,
        restored_to: event.restoredTo,
      }]];
    default:
      return undefined;
  }
}

function deployLines(event: DeployEvent): readonly Line[] | undefined {
  switch (event.type) {
    case "deploy-started": {
      const { tag, previous, reason } = event;
      return [["info", "Deploy started", { tag, previous, reason }]];
    }
    case "artifact-verified":
      return [["info", "Verified checksum", {
        cache_key: event.key,
        source: event.source,
      }]];
    case "artifact-cached": {
      const { key, path, bytes, sha256, fromCache } = event;
      if (fromCache) {
        return [["debug", "Found artifact in cache", { cache_key: key, path }]];
      }
      return [
        ["info", "Write file", { path }],
        ["info", "Cached artifact", { cache_key: key, bytes, sha256 }],
      ];
    }
    case "artifact-downloaded":
      return [["info", "Download notification", {
        message: `Downloaded artifact for ${event.tag}`,
      }]];
    case "hook-finished":
      return hookLines(event.result);
    case "archive-extracted": {
      const { path, entries, bytes, durationMs } = event;
      return [["info", "Extract archive", {
        path,
        entries,
        bytes,
        duration: new LogDuration(durationMs),
      }]];
    }
    case "link-created":
      return [["info", "Create symlink", { from: event.from, to: event.to }]];
    case "deploy-succeeded":
      return [["info", "Deployment completed successfully", {
        tag: event.tag,
        duration: new LogDuration(event.durationMs),
      }]];
    case "deploy-failed": {
      const { tag, error, restoredTo, attempts, retryAt } = event.failure;
      return [["error", "Deploy failed", {
        tag,
        ...errorFields(error),
        restored_to: restoredTo,
        attempts,
        retry_at: new Date(retryAt).toISOString(),
      }]];
    }
    case "rollback-started": {
      const { tag, to, reason } = event;
      return [["error", "Rolling back deployment", { tag, to, reason }]];
    }
    case "deploy-cancelled":
      return [["info", "Deploy called off by the stop", { tag: event.tag }]];
    case "report-sent":
      return [["debug", "Report shipping", { tag: event.tag }]];
    case "report-failed":
      return [[event.first ? "warn" : "debug", "Report shipping failure", {
        tag: event.tag,
        ...errorFields(event.error),
      }]];
    case "releases-pruned":
      return [["info", "Keep releases", {
        count: event.kept,
        removed: event.removed.length,
      }]];
    default:
      return undefined;
  }
}

function hookLines(result: HookResult): readonly Line[] {
  const { when, command, stdout, stderr, exitCode, durationMs, timedOut } =
    result;
  const duration = new LogDuration(durationMs);
  if (exitCode === 0) {
    return [["info", "Execute hook", { command, stdout, stderr, duration }]];
  }
  const message = when === "before"
    ? "Before deploy hook failure"
    : "After deploy hook failure";
  const error = timedOut
    ? `time limit passed after ${
      formatDuration(durationMs)
    }, killed with all it started`
    : `exit status ${exitCode}`;
  return [
    ["info", "Execute hook failed", {
      command,
      stdout,
      stderr,
      exit_code: exitCode,
      duration,
    }],
    ["error", message, { error, exit_code: exitCode }],
  ];
}

function workerLines(event: DeployEvent): readonly Line[] | undefined {
  switch (event.type) {
    case "server-starting":
      return [["info", "Start server", { version: event.tag }]];
    case "server-restarting":
      return [["info", "Send SIGHUP for server restart", {
        pid: event.pid,
        version: event.tag,
      }]];
    case "server-started": {
      const { tag, ports, restarted } = event;
      const verb = restarted ? "restarted" : "started";
      const message = `Server ${verb} for ${tag}${
        ports === 0 ? " without port" : ""
      }`;
      return [[
        "info",
        restarted ? "Restart notification" : "Start notification",
        { message },
      ]];
    }
    case "worker-started":
      return [["info", "Starting new worker", {
        pid: event.pid,
        generation: event.generation,
      }]];
    case "worker-ready": {
      const { pid, generation, proof, durationMs } = event;
      return [["info", "New worker is ready", {
        pid,
        generation,
        proof,
        duration: new LogDuration(durationMs),
      }]];
    }
    case "worker-rejected":
      return [["error", "New worker is not ready", {
        pid: event.pid,
        generation: event.generation,
        error: event.reason,
      }]];
    case "worker-unready": {
      const { pid, generation, reason } = event;
      return [[
        "warn",
        "Worker is not ready in time and stays, as there is no other",
        { pid, generation, reason },
      ]];
    }
    case "worker-retiring":
      return [["info", "Sending TERM to old worker", {
        pid: event.pid,
        generation: event.generation,
      }]];
    case "worker-killed": {
      const { pid, generation, waitedMs } = event;
      return [["warn", "Worker did not end in time and was killed", {
        pid,
        generation,
        waited: new LogDuration(waitedMs),
      }]];
    }
    case "worker-retired": {
      const { pid, generation, exit } = event;
      return [["info", "Worker ended", {
        pid,
        generation,
        status: exit.signal ?? exit.code ?? "unknown",
      }]];
    }
    case "worker-died": {
      const { pid, generation, exit, respawnInMs, deaths } = event;
      return [["error", "Worker died unexpectedly, restarting", {
        pid,
        generation,
        status: exit.signal ?? exit.code ?? "unknown",
        deaths,
        restart_in: new LogDuration(respawnInMs),
      }]];
    }
    case "worker-launch-failed":
      return [["error", "Starter failure", {
        ...errorFields(event.error),
        retry_in: new LogDuration(event.respawnInMs),
      }]];
    case "orphan-found":
      return [["warn", "Found a worker of a dewy that was killed", {
        pid: event.pid,
      }]];
    case "orphan-gone":
      return [["info", "Worker of the former dewy ended", {
        pid: event.pid,
        killed: event.killed,
      }]];
    case "restart-failed":
      return [[
        "error",
        "Server restart failed, the old worker stays",
        errorFields(event.error),
      ]];
    case "restarted-by-signal":
      return [["info", "Restart notification", {
        message: `Restarted receiving by \`${event.signal}\` signal`,
      }]];
    default:
      return undefined;
  }
}
