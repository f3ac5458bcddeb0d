import type { NotifyEvent } from "../base/event_notify.ts";
import { errorFields, type LinesOf } from "./log_line.ts";

/** Log lines of notifications. */
export const NOTIFY_LINES: LinesOf<NotifyEvent> = {
  "notifier-unusable": ({ notifier, error }) => [
    ["error", "Notifier failure", { notifier, ...errorFields(error) }],
  ],
  "notification-failed": ({ notifier, error, failures }) => [
    [
      "error",
      notifier.startsWith("slack:")
        ? "Slack postMessage failure"
        : "Notification failure",
      { notifier, count: failures, ...errorFields(error) },
    ],
  ],
  "notification-recovered": ({ notifier, failures }) => [
    ["info", "Notifications are delivered again", {
      notifier,
      failed_attempts: failures,
    }],
  ],
  "notifications-dropped": ({ notifier, count, reason }) => [
    ["warn", "Notifications were dropped", { notifier, count, reason }],
  ],
};
