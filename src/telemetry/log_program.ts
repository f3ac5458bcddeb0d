import type { ProgramEvent } from "../base/event_program.ts";
import { errorFields, type Line, type LinesOf } from "./log_line.ts";

/** Log lines of what happens to dewy itself. */
export const PROGRAM_LINES: LinesOf<ProgramEvent> = {
  "started": ({ version, date, commit, command }) => [
    ["info", "Dewy started", { version, date, commit }],
    ["info", "Dewy start notification", {
      message: `Automatic shipping started by Dewy (v${version}: ${command})`,
    }],
  ],
  "standing": () => [["debug", "Waiting for releases"]],
  "stopping": ({ signal }) => [["info", "Shutdown notification", {
    message: `Stop receiving by \`${signal}\` signal`,
  }]],
  "stopped": () => [["info", "Dewy stopped"]],
  // The error itself is printed at the end, with what to do.
  "start-failed": ({ error }) => [
    ["debug", "Dewy cannot start", { error: error.message }],
  ],
  "ended-by-error": ({ error }) => [
    ["debug", "Dewy ends with an error", { error: error.message }],
  ],
  "ignored-signal": (
    { signal, reason },
  ) => [["info", "Signal ignored", { signal, reason }]],
  "setting-unavailable": (
    { message },
  ) => [["error", "Setting has no effect", { error: message }]],
  "unknown-variable": (
    { name, nearest },
  ) => [["warn", "Environment variable has no effect", {
    name,
    hint: nearest === undefined
      ? "dewy --help lists the options"
      : `Did you mean "${nearest}"?`,
  }]],
  "privileged-port": ({ port }) => [[
    "warn",
    "Using privileged port may require root privileges",
    { port },
  ]],
  "fetch-widened": (
    { hosts },
  ) => [["warn", "Fetching may reach further hosts", {
    hosts: hosts.join(", "),
  }]],
  "leftovers-removed": (
    { paths },
  ) => [["info", "Removed leftovers of an interrupted run", {
    paths: paths.join(", "),
  }]],
  "state-unreadable": (
    { path, movedTo, error },
  ) => [["error", "State file is unreadable and was moved aside", {
    path,
    moved_to: movedTo,
    ...errorFields(error),
  }]],
  "cleanup-failed": ({ what, error }) => [cleanupLine(what, error)],
  "tick-failed": ({ error, failures }) => [
    ["error", "Dewy run failure", errorFields(error)],
    ...(failures > 3 ? [countLine(error, failures)] : []),
  ],
  "errors-cleared": (
    { failures },
  ) => [["info", "Error count reset", { from: failures, to: 0 }]],
};

function cleanupLine(what: string, error: Error): Line {
  return what === "old releases"
    ? ["error", "Keep releases failure", errorFields(error)]
    : ["warn", `Cannot tidy up ${what}`, errorFields(error)];
}

function countLine(error: Error, count: number): Line {
  return ["error", "Error count", { count, error: error.message }];
}
