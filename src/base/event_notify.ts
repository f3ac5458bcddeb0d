/**
 * What happens to notifications. They are for the log: a notifier that fails is
 * never told of by notification.
 */
export type NotifyEvent =
  /** It could not be set up; it is left out until the next start. */
  | {
    readonly type: "notifier-unusable";
    readonly notifier: string;
    readonly error: Error;
  }
  /** Told for the first failure in a row, then now and then. */
  | {
    readonly type: "notification-failed";
    readonly notifier: string;
    readonly error: Error;
    /** Attempts that failed in a row. */
    readonly failures: number;
  }
  | {
    readonly type: "notification-recovered";
    readonly notifier: string;
    readonly failures: number;
  }
  /** Messages that nobody will get. */
  | {
    readonly type: "notifications-dropped";
    readonly notifier: string;
    readonly count: number;
    readonly reason: string;
  };
