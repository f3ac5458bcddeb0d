/**
 * Returns how long ago `at` was; a time that is still to come, since the clock
 * was set back, was long ago. Both Unix milliseconds.
 */
export function elapsedMs(at: number, now: number): number {
  return now < at ? Infinity : now - at;
}
