/** Words for times and numbers; pure, so that they can be tested without a browser. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`, `3 d 4 h` */
export function formatDuration(ms) {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 9.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  const rounded = Math.round(ms / SECOND) * SECOND;
  if (rounded < MINUTE) return `${rounded / SECOND} s`;
  if (rounded < HOUR) return twoUnits(rounded, [MINUTE, "min"], [SECOND, "s"]);
  if (rounded < DAY) return twoUnits(rounded, [HOUR, "h"], [MINUTE, "min"]);
  return twoUnits(rounded, [DAY, "d"], [HOUR, "h"]);
}

function twoUnits(ms, [large, largeName], [small, smallName]) {
  const first = Math.floor(ms / large);
  const second = Math.floor((ms % large) / small);
  const rest = second === 0 ? "" : ` ${second} ${smallName}`;
  return `${first} ${largeName}${rest}`;
}

/** `just now`, `5 min ago`, `in 10 s`; coarse, as it is shown beside the exact time. */
export function formatAge(at, now) {
  const ms = now - at;
  if (Math.abs(ms) < 2 * SECOND) return ms >= 0 ? "just now" : "now";
  const text = formatDuration(Math.max(Math.abs(ms), 2 * SECOND))
    .replace(/^(\d+)\.\d s$/, "$1 s");
  return ms > 0 ? `${text} ago` : `in ${text}`;
}

/** `1,234`; a dash for what is not counted. */
export function formatCount(count) {
  return count === null ? "–" : count.toLocaleString("en");
}

/** `0`, `0.4`, `12`; a dash when it is not known. */
export function formatRate(rate) {
  if (rate === undefined) return "–";
  return rate === 0 || rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

/** A rate from readings of a counter, over the last ten seconds. */
export class RateMeter {
  #readings = [];

  /** Takes a reading at a monotonic time in milliseconds, and returns the rate for a second. */
  read(count, at) {
    const last = this.#readings.at(-1);
    // The counter began anew: another dewy answers.
    if (last !== undefined && count < last.count) this.#readings = [];
    this.#readings.push({ count, at });
    this.#readings = this.#readings.filter((reading) =>
      reading.at >= at - 10 * SECOND
    );
    const [first] = this.#readings;
    const ms = at - first.at;
    return ms === 0 ? undefined : (count - first.count) / (ms / SECOND);
  }
}
