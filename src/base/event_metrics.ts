/** What happens to the metrics that are served and pushed. */
export type MetricsEvent =
  | {
    readonly type: "metrics-enabled";
    /** Where they are pushed to; left out when nowhere. */
    readonly otlpEndpoint: string | undefined;
  }
  | {
    readonly type: "metrics-push-failed";
    readonly endpoint: string;
    readonly error: Error;
    readonly failures: number;
    /** Whether it is the first in a row, or has lasted another hour. */
    readonly notable: boolean;
  }
  | {
    readonly type: "metrics-push-works";
    readonly endpoint: string;
    /** Pushes in a row that had failed. */
    readonly failures: number;
  };
