import type { Backend } from "./backend.ts";

/** Something that occupies a backend: a request in flight, a connection, a WebSocket. */
export interface Session {
  /** Whether it only tries to reach the backend, and is no work of a client yet. */
  readonly isAttempt?: boolean;
  /** Ends it in the way of its protocol; called when the time to drain is over. */
  end(): void;
}

/** A backend as one port of the proxy knows it. */
export interface Slot {
  readonly backend: Backend;
  /** What is in flight. Whoever sends work adds itself and takes itself out. */
  readonly sessions: ReadonlySet<Session>;
}
