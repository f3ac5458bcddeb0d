import { formatDuration } from "../base/duration.ts";
import type { HookResult } from "../base/event.ts";
import type { Line } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

const FAILURES = {
  before: "Before deploy hook failure",
  after: "After deploy hook failure",
};

/** Returns the log lines of a hook that has ended. */
export function hookLines(result: HookResult): readonly Line[] {
  const { command, stdout, stderr, exitCode } = result;
  const duration = new LogDuration(result.durationMs);
  if (exitCode === 0) {
    return [["info", "Execute hook", { command, stdout, stderr, duration }]];
  }
  return [
    ["info", "Execute hook failed", {
      command,
      stdout,
      stderr,
      exit_code: exitCode,
      duration,
    }],
    ["error", FAILURES[result.when], {
      error: failureOf(result),
      exit_code: exitCode,
    }],
  ];
}

function failureOf({ timedOut, durationMs, exitCode }: HookResult): string {
  if (!timedOut) return `exit status ${exitCode}`;
  const passed = formatDuration(durationMs);
  return `time limit passed after ${passed}, killed with all it started`;
}
