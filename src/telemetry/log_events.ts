import type { DeployEvent } from "../base/event.ts";
import { ADMIN_LINES } from "./log_admin.ts";
import { CONTAINER_LINES } from "./log_container.ts";
import { DECISION_LINES } from "./log_decision.ts";
import { DEPLOY_LINES } from "./log_deploy.ts";
import type { Line, LinesOf } from "./log_line.ts";
import { NOTIFY_LINES } from "./log_notify.ts";
import { METRICS_LINES } from "./log_metrics.ts";
import { PROGRAM_LINES } from "./log_program.ts";
import { PROXY_LINES } from "./log_proxy.ts";
import { SHARED_CACHE_LINES } from "./log_shared_cache.ts";
import { WORKER_LINES } from "./log_worker.ts";
import type { Logger } from "./logger.ts";

const LINES: LinesOf<DeployEvent> = {
  ...PROGRAM_LINES,
  ...DECISION_LINES,
  ...DEPLOY_LINES,
  ...WORKER_LINES,
  ...SHARED_CACHE_LINES,
  ...PROXY_LINES,
  ...CONTAINER_LINES,
  ...METRICS_LINES,
  ...NOTIFY_LINES,
  ...ADMIN_LINES,
};

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
  // Events of the isolate that fetches are not checked on the way.
  if (!Object.hasOwn(LINES, event.type)) return [];
  // The table has under each type what reads events of that type.
  const read = LINES[event.type] as (event: DeployEvent) => readonly Line[];
  return read(event);
}
