/** Why the proxy could not serve something; the names of `Dewy-Error`. */
export type ProxyErrorReason =
  | "no-backend"
  | "connect-failed"
  | "connect-timeout"
  | "backend-closed"
  | "backend-timeout"
  | "backend-invalid"
  | "request-invalid"
  | "too-many-connections";

/**
 * What the proxy counts of one port, for metrics: connections and requests of
 * clients, how long it took to reach a backend, bytes, failures. Durations in
 * seconds, as the metrics have them.
 */
export interface Meter {
  connectionOpened(): void;
  connectionClosed(seconds: number): void;
  /** A request of HTTP, whatever comes of it. */
  requested(): void;
  /** One attempt to reach a backend, also one that failed. */
  connected(seconds: number): void;
  /** Bytes passed on, both directions. */
  transferred(bytes: number): void;
  failed(reason: ProxyErrorReason): void;
}

/** Counts nothing. */
export const NO_METER: Meter = {
  connectionOpened: () => {},
  connectionClosed: () => {},
  requested: () => {},
  connected: () => {},
  transferred: () => {},
  failed: () => {},
};
