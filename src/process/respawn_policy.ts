import { backoffMs, type BackoffPolicy } from "../base/time.ts";

/** A worker that lived this long counts as well again, milliseconds. */
const WELL_AFTER_MS = 30_000;

const RESPAWN: BackoffPolicy = { baseMs: 500, maxMs: 60_000 };

/** What to do about a worker that died by itself. */
export interface RespawnDecision {
  /** Deaths in a row, this one included. */
  readonly deaths: number;
  /** Pause before the next worker, milliseconds. */
  readonly delayMs: number;
}

/**
 * Decides how long to wait before a dead worker is replaced: at once when it
 * had been well, longer with each early death.
 *
 * @param random A number in [0, 1).
 */
export function decideRespawn(
  previousDeaths: number,
  livedMs: number,
  random: number,
): RespawnDecision {
  if (livedMs >= WELL_AFTER_MS) return { deaths: 1, delayMs: 0 };
  const deaths = previousDeaths + 1;
  if (deaths === 1) return { deaths, delayMs: 0 };
  return { deaths, delayMs: backoffMs(deaths - 1, RESPAWN, random) };
}
