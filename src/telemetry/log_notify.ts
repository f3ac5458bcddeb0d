import type { NotifyEvent } from "../base/event_notify.ts";
import { errorFields, type LinesOf } from "./log_line.ts";

/** Log lines of notifications. */
export const NOTIFY_LINES: LinesOf<NotifyEvent> = {
  "notifier-unusable": ({ notifier, error }) => [
    ["error", "Notifier failure", { notifier, ...errorFields(error) }],
  ],
  "notification-failed": ({ notifier, error, failures, notable }) => [
    [
      notable ? "error" : "debug",
      notifier.startsWith("slack:")
        ? "Slack postMessage failure"
        : "Notification failure",
      { notifier, count: failures, ...errorFields(error) },
    ],
  ],
  "notification-recovered": ({ notifier, failures, dropped }) => [
    ["info", "Notifications are delivered again", {
      notifier,
      failed_attempts: failures,
      ...(dropped === 0 ? {} : { dropped }),
    }],
  ],
  "notifications-dropped": ({ notifier, total, reason, notable }) => [
    [notable ? "warn" : "debug", "Notifications were dropped", {
      notifier,
      count: total,
      reason,
    }],
  ],
};
