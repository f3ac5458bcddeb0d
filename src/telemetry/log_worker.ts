import type { ProcessExit } from "../base/event.ts";
import type { WorkerEvent } from "../base/event_worker.ts";
import { errorFields, type Line, type LinesOf } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

/** Log lines of the application and its workers. */
export const WORKER_LINES: LinesOf<WorkerEvent> = {
  "server-starting": (
    { tag },
  ) => [["info", "Start server", { version: tag }]],
  "server-restarting": (
    { pid, tag },
  ) => [["info", "Send SIGHUP for server restart", { pid, version: tag }]],
  "server-started": (event) => [serverLine(event)],
  "worker-started": (
    { pid, generation },
  ) => [["info", "Starting new worker", { pid, generation }]],
  "worker-ready": (
    { pid, generation, proof, durationMs },
  ) => [["info", "New worker is ready", {
    pid,
    generation,
    proof,
    duration: new LogDuration(durationMs),
  }]],
  "worker-rejected": (
    { pid, generation, reason },
  ) => [["error", "New worker is not ready", {
    pid,
    generation,
    error: reason,
  }]],
  "worker-unready": ({ pid, generation, reason }) => [[
    "warn",
    "Worker is not ready in time and stays, as there is no other",
    { pid, generation, reason },
  ]],
  "worker-retiring": (
    { pid, generation },
  ) => [["info", "Sending TERM to old worker", { pid, generation }]],
  "worker-killed": (
    { pid, generation, waitedMs },
  ) => [["warn", "Worker did not end in time and was killed", {
    pid,
    generation,
    waited: new LogDuration(waitedMs),
  }]],
  "worker-retired": (
    { pid, generation, exit },
  ) => [["info", "Worker ended", { pid, generation, status: statusOf(exit) }]],
  "worker-died": (
    { pid, generation, exit, respawnInMs, deaths },
  ) => [["error", "Worker died unexpectedly, restarting", {
    pid,
    generation,
    status: statusOf(exit),
    deaths,
    restart_in: new LogDuration(respawnInMs),
  }]],
  "worker-launch-failed": (
    { error, respawnInMs },
  ) => [["error", "Starter failure", {
    ...errorFields(error),
    retry_in: new LogDuration(respawnInMs),
  }]],
  "orphan-found": (
    { pid },
  ) => [["warn", "Found a worker of a dewy that was killed", { pid }]],
  "orphan-gone": (
    { pid, killed },
  ) => [["info", "Worker of the former dewy ended", { pid, killed }]],
  "restart-failed": ({ error }) => [[
    "error",
    "Server restart failed, the old worker stays",
    errorFields(error),
  ]],
  "restarted-by-signal": ({ signal }) => [["info", "Restart notification", {
    message: `Restarted receiving by \`${signal}\` signal`,
  }]],
};

function serverLine(
  { tag, ports, restarted }: Extract<WorkerEvent, { type: "server-started" }>,
): Line {
  const port = ports === 0 ? " without port" : "";
  return restarted
    ? ["info", "Restart notification", {
      message: `Server restarted for ${tag}${port}`,
    }]
    : ["info", "Start notification", {
      message: `Server started for ${tag}${port}`,
    }];
}

function statusOf({ signal, code }: ProcessExit): string | number {
  return signal ?? code ?? "unknown";
}
