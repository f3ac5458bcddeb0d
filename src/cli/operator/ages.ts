import type { Screen } from "./table.ts";

const UNITS = [["d", 86_400], ["h", 3_600], ["m", 60], ["s", 1]] as const;

/** Returns a length of time as a person says it: `3d 4h`, `12m`, `45s`. */
export function shownSpan(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1_000));
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count}${unit}`);
    // What follows the largest unit but one says nothing more.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0s";
}

/**
 * Returns when something was or will be: as an age on a terminal, as the time
 * itself (RFC 3339, UTC) for another program. Empty when there is no time.
 */
export function shownTime(at: number | undefined, screen: Screen): string {
  if (at === undefined) return "";
  if (screen.columns === undefined) return shownInstant(at);
  const age = screen.now - at;
  return age < 0 ? `in ${shownSpan(-age)}` : `${shownSpan(age)} ago`;
}

/** Returns `since` something has been: `for 3h` on a terminal, else `since TIME`. */
export function shownSince(at: number | undefined, screen: Screen): string {
  if (at === undefined) return "";
  return screen.columns === undefined
    ? `since ${shownInstant(at)}`
    : `for ${shownSpan(screen.now - at)}`;
}

/** Returns how long something took: `850 ms`, `12.3 s`, `4m 5s`. */
export function shownDuration(ms: number | undefined): string {
  if (ms === undefined) return "";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : shownSpan(ms);
}

function shownInstant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
