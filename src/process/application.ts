/** The program that dewy keeps running in server mode. */
export interface Application {
  /** Whether a worker runs, or its replacement is due. */
  readonly running: boolean;
  /** Process id of the worker in front, if one runs. */
  readonly pid: number | undefined;
  /** How often in a row its worker died young, while none runs; else 0. */
  readonly deaths: number;
  /** Aborted when a worker in front dies the next time; each death has a signal of its own. */
  readonly nextDeath: AbortSignal;
  /** How many addresses it listens on. */
  readonly ports: number;

  /**
   * Starts it from what is on disk and keeps it running, without asking for a
   * proof; one that cannot be launched is tried again with growing pauses.
   */
  bringUp(): Promise<void>;

  /**
   * Resolves when the worker in front has proved itself or failed to. Until then
   * it may still be loading files, so `current` must not move below it.
   */
  settled(): Promise<void>;

  /**
   * Starts a new generation and, once that has proved itself, retires the one
   * before.
   *
   * @throws {ApplicationError} When the new one does not prove itself; it is gone
   * then, and the old one is as it was.
   */
  replace(signal: AbortSignal): Promise<void>;

  /** Tells it to finish and waits for that, at most the stop time-out. */
  stop(): Promise<void>;
}
