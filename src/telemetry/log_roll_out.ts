import type { RollOutEvent } from "../base/event_roll_out.ts";
import { errorFields, type LinesOf } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

/** Log lines of a roll-out, in the words of the original. */
export const ROLL_OUT_LINES: LinesOf<RollOutEvent> = {
  "image-pulling": ({ image }) => [["info", "Pulling new image", { image }]],
  "image-pull-progress": ({ layer, status }) => [
    ["debug", "Pulling image", { layer, status }],
  ],
  "image-pulled": ({ tag, image, digest }) => [
    ["info", "Image pull complete", { digest }],
    ["info", "Image pull notification", {
      message: `Pulled image for ${tag}`,
      image,
    }],
  ],
  "image-pull-failed": ({ image, error }) => [
    ["error", "Image pull failed", { image, ...errorFields(error) }],
  ],
  "roll-out-started": ({ replicas, existing }) => [
    ["info", "Starting container deployment", { replicas }],
    ["info", "Found existing containers", { count: existing }],
  ],
  "container-starting": ({ image, replica, total }) => [
    ["info", "Starting new container", { image, replica, total }],
  ],
  "container-start-failed": ({ error }) => [
    ["error", "Container start failed", errorFields(error)],
  ],
  "container-started": ({ name, addresses, check }) => [
    ["info", "Container started", {
      container: name,
      mapped_port: addresses.map(portOf).join(" "),
    }],
    ["info", "Health checking new container", { container: name, url: check }],
  ],
  "container-healthy": ({ name, check, answer, tookMs }) => [
    ["info", "Health check passed", {
      name,
      url: check,
      status: answer,
      duration: new LogDuration(tookMs),
    }],
  ],
  "container-unhealthy": ({ name, reason, attempts }) => [
    ["error", "Health check failed", { name, error: reason, attempts }],
  ],
  "container-in-service": ({ name, ready }) => [
    ["info", "Container added to load balancer", {
      container: name,
      backend_count: ready,
    }],
  ],
  "container-retiring": ({ name }) => [
    ["info", "Stopping old container gracefully", { container: name }],
  ],
  "container-retired": ({ name, cut }) => [
    ["info", "Container stopped and removed", { name, cut_sessions: cut }],
  ],
  "container-left-behind": ({ name, error }) => [
    ["warn", "Failed to remove container, trying again later", {
      name,
      ...errorFields(error),
    }],
  ],
  "roll-out-taken-back": ({ names }) => [
    ["info", "Rolling back deployment", { count: names.length }],
  ],
  "container-removing": ({ name }) => [
    ["info", "Removing failed container", { container: name }],
  ],
  "containers-deployed": ({ tag, count, total, before }) => [
    ["info", "Container deployment completed", {
      tag,
      count,
      total,
      new_containers: count,
      removed_containers: before,
    }],
  ],
  "images-cleaning": ({ repository }) => [
    ["info", "Cleaning up old images", { repository }],
  ],
  "images-removed": ({ names, kept }) => [
    ["info", `Removed ${names.length} old images`, {
      kept,
      names: names.join(" "),
    }],
  ],
};

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
