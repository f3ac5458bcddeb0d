import type { AdminEvent } from "../base/event_admin.ts";
import { errorFields, type LinesOf } from "./log_line.ts";

/** Log lines of the admin API. */
export const ADMIN_LINES: LinesOf<AdminEvent> = {
  "admin-socket-unusable": ({ path, error }) => [
    ["warn", "Admin API has no socket, commands cannot reach this dewy by it", {
      path,
      ...errorFields(error),
    }],
  ],
  "operator-acted": ({ action, door, result, version }) => [
    ["info", "Operator acted", { action, door, result, version }],
  ],
  "admin-token-locked": () => [
    ["warn", "Too many wrong tokens for the admin API, none is looked at", {
      hint: "Find who on this host tries; the Unix socket works on",
    }],
  ],
  "admin-defect": ({ error }) => [
    ["error", "Admin API failed to answer", errorFields(error)],
  ],
};
