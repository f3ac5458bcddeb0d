import type { Decision, Phase, WaitingVersion } from "./status.ts";

/** What the loop is at, for whoever asks: written by the loop alone. */
export interface Pulse {
  phase: Phase;
  decision: Decision | undefined;
  waiting: readonly WaitingVersion[];
  lastAskedAt: number | undefined;
  lastAnsweredAt: number | undefined;
  /** Questions to the registry in a row that failed. */
  failures: number;
  /** What the last question failed with; left out when it did not. */
  error: string | undefined;
  nextPollAt: number | undefined;
}

/** The pulse of a loop that has not begun. */
export function newPulse(): Pulse {
  return {
    phase: "starting",
    decision: undefined,
    waiting: [],
    lastAskedAt: undefined,
    lastAnsweredAt: undefined,
    failures: 0,
    error: undefined,
    nextPollAt: undefined,
  };
}
