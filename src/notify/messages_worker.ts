import type { ProcessExit } from "../base/event.ts";
import type { WorkerEvent } from "../base/event_worker.ts";
import {
  errorPart,
  hintOf,
  important,
  type MessagesOf,
  normal,
  spokenDuration,
  trouble,
  warning,
} from "./message.ts";
import { code, rich } from "./rich_text.ts";

const OUTPUT_HINT = "See the application's own output in the log of this host";

/** Messages of the application and its workers. */
export const WORKER_MESSAGES: MessagesOf<WorkerEvent> = {
  "server-started": ({ tag, ports, restarted }) => {
    const how = restarted ? "restarted" : "started";
    const without = ports === 0 ? " without port" : "";
    return important(rich`Server ${how} for ${code(tag)}${without}`, {
      version: tag,
    });
  },
  "restarted-by-signal": ({ signal }) =>
    normal(rich`Restarted receiving by ${code(signal)} signal`),
  "restart-failed": ({ error }) =>
    trouble(
      rich`Server restart failed, the old worker stays: ${errorPart(error)}`,
      { topic: "restart-failed", hint: hintOf(error) ?? OUTPUT_HINT },
    ),
  "worker-died": ({ exit, respawnInMs, deaths }) =>
    trouble(
      rich`The server ended unexpectedly (${
        statusOf(exit)
      }) and is started again ${
        respawnInMs === 0 ? "at once" : `in ${spokenDuration(respawnInMs)}`
      }`,
      {
        topic: "worker-died",
        stateOf: "server",
        hint: OUTPUT_HINT,
        details: { deaths, status: statusOf(exit) },
      },
    ),
  "worker-launch-failed": ({ error, respawnInMs }) =>
    trouble(
      rich`The server cannot be started, next attempt in ${
        spokenDuration(respawnInMs)
      }: ${errorPart(error)}`,
      {
        topic: "worker-launch-failed",
        stateOf: "server",
        hint: hintOf(error) ?? OUTPUT_HINT,
      },
    ),
  // Told after it had ended only.
  "worker-ready": () =>
    important(rich`The server runs again`, {
      topic: "worker-ready",
      stateOf: "server",
    }),
  "worker-unready": ({ reason }) =>
    warning(
      rich`The server is not ready in time and stays, as there is no other: ${reason}`,
      { topic: "worker-unready", hint: OUTPUT_HINT },
    ),
};

function statusOf({ signal, code: exitCode }: ProcessExit): string {
  if (signal !== null) return signal;
  return exitCode === null ? "status unknown" : `exit code ${exitCode}`;
}
