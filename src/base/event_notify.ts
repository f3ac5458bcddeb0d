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
  /** An attempt to deliver a message failed. */
  | {
    readonly type: "notification-failed";
    readonly notifier: string;
    readonly error: Error;
    /** Attempts that failed in a row. */
    readonly failures: number;
    /** Whether it is the first in a row, or has lasted. */
    readonly notable: boolean;
  }
  | {
    readonly type: "notification-recovered";
    readonly notifier: string;
    readonly failures: number;
    /** Messages that were dropped and not told of as notable. */
    readonly dropped: number;
  }
  /** Messages that nobody will get. */
  | {
    readonly type: "notifications-dropped";
    readonly notifier: string;
    readonly count: number;
    /** With those before that were not told of as notable. */
    readonly total: number;
    readonly reason: string;
    /** Whether it is the first for a while. */
    readonly notable: boolean;
  };
