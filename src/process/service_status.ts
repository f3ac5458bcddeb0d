import type { DeployEvent } from "../base/event.ts";

/** A status is one line; systemd shows it in `systemctl status`. */
const LONGEST = 200;

/**
 * Returns what an event means for the service manager, as assignments of
 * sd_notify(3); none for most.
 */
export function serviceStatus(event: DeployEvent): readonly string[] {
  switch (event.type) {
    case "standing":
      return ["READY=1", status("Waiting for releases")];
    case "stopping":
      return ["STOPPING=1", status(`Stopping: ${event.signal}`)];
    case "deploy-started":
      return [status(`Deploying ${event.tag}: ${event.reason}`)];
    case "deploy-succeeded":
      return [status(`${event.tag} is deployed`)];
    case "deploy-failed": {
      const { tag, error, restoredTo } = event.failure;
      const now = restoredTo === undefined ? "" : `; ${restoredTo} is kept`;
      return [status(`${tag} failed${now}: ${error.message}`)];
    }
    case "rollback-started":
      return [status(`Going back from ${event.tag} to ${event.to}`)];
    case "tick-failed":
      return [status(`Failing (${event.failures}): ${event.error.message}`)];
    case "deploy-skipped":
      return [status(event.reason)];
    case "worker-died":
      return [status(`Worker ${event.pid} died; the next one is due`)];
    case "worker-ready":
      return [status(`Worker ${event.pid} serves`)];
    default:
      return [];
  }
}

/** A line end in a message of others must not become an assignment of its own. */
function status(text: string): string {
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\x00-\x1f\x7f]+/g, " ");
  return `STATUS=${
    line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
  }`;
}
