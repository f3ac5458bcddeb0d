/** When a backend that cannot be reached loses its turn, for how long. */
export interface EjectionPolicy {
  /** Failures in a row that take it out. */
  readonly failures: number;
  /** The first pause, milliseconds; doubled each time. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** What holds when nothing else is said. */
export const EJECTION: EjectionPolicy = {
  failures: 2,
  baseMs: 1_000,
  maxMs: 30_000,
};
