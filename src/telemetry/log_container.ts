import type { ContainerEvent } from "../base/event_container.ts";
import { errorFields, type LinesOf } from "./log_line.ts";
import { ROLL_OUT_LINES } from "./log_roll_out.ts";
import { LogDuration } from "./logger.ts";

/** Log lines of container mode. */
export const CONTAINER_LINES: LinesOf<ContainerEvent> = {
  ...ROLL_OUT_LINES,
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
