import type { ContainerEvent } from "../base/event_container.ts";
import { errorFields, type LinesOf } from "./log_line.ts";
import { LogDuration } from "./logger.ts";

/** Log lines of container mode. */
export const CONTAINER_LINES: LinesOf<ContainerEvent> = {
  "image-pulled": ({ tag, image }) => [
    ["info", "Pull notification", {
      message: `Pulled image for ${tag}`,
      image,
    }],
  ],
  "image-pull-progress": ({ layer, status }) => [
    ["debug", "Pulling image", { layer, status }],
  ],
  "container-starting": ({ image, replica, total }) => [
    ["info", "Starting new container", { image, replica, total }],
  ],
  "container-healthy": ({ name, answer, tookMs }) => [
    ["info", "Health check passed", {
      name,
      status: answer,
      duration: new LogDuration(tookMs),
    }],
  ],
  "container-unhealthy": ({ name, reason, attempts }) => [
    ["error", "Health check failed", { name, error: reason, attempts }],
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
  "containers-deployed": ({ tag, count, total }) => [
    ["info", "Container deployment completed", { tag, count, total }],
  ],
  "containers-adopted": ({ tag, names }) => [
    ["info", "Running containers taken over", {
      tag,
      count: names.length,
      names: names.join(" "),
    }],
  ],
  "containers-reaped": ({ names }) => [
    ["info", "Reaped exited containers", {
      count: names.length,
      names: names.join(" "),
    }],
  ],
  "container-sick": ({ name, reason, isLast }) => [
    [
      "error",
      isLast
        ? "Container is sick and gets work all the same, as no other is well"
        : "Container is sick and gets no more work",
      { name, error: reason },
    ],
  ],
  "container-well": ({ name }) => [["info", "Container is well again", {
    name,
  }]],
  "container-gone": ({ name, reason }) => [
    ["error", "Container is gone, another one is started", {
      name,
      error: reason,
    }],
  ],
  "container-replaced": ({ name }) => [["info", "Container was replaced", {
    name,
  }]],
  "container-not-replaced": ({ error, retryInMs }) => [
    ["error", "Failed to replace container", {
      ...errorFields(error),
      retry_in: new LogDuration(retryInMs),
    }],
  ],
  "containers-crash-looping": ({ tag, deaths }) => [
    ["error", "Containers end soon after their start, again and again", {
      tag,
      deaths,
      hint: "See their logs; mend it and publish a newer version",
    }],
  ],
  "images-removed": ({ names }) => [
    ["info", "Removed old images", {
      count: names.length,
      names: names.join(" "),
    }],
  ],
  "admin-started": ({ port }) => [["info", "Admin API started", { port }]],
  "engine-lost": ({ error }) => [
    ["error", "Container engine does not answer; what runs serves on", {
      ...errorFields(error),
    }],
  ],
  "engine-back": () => [["info", "Container engine answers again"]],
  "certificate-renewed": ({ path }) => [["info", "Certificate renewed", {
    path,
  }]],
  "certificate-unusable": ({ path, error }) => [
    ["error", "Certificate cannot be used, the one before stays", {
      path,
      ...errorFields(error),
    }],
  ],
};
