import { ConfigError } from "./errors.ts";

/** Minutes of a day, from 0 to 1440; an end at or before the start is on the next day. */
export interface TimeRange {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** When deploys may start: ranges of local time on days of the week. */
export interface DeployWindow {
  /** As it was written. */
  readonly text: string;
  /** Days that ranges start on, 0 for Sunday. */
  readonly days: ReadonlySet<number>;
  readonly ranges: readonly TimeRange[];
  /** IANA name of the time zone: `Asia/Tokyo`. */
  readonly timeZone: string;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
/** Zones change their offset on a quarter of an hour of UTC. */
const QUARTER_MS = 15 * MINUTE_MS;
/** A week, and a day on which the only start is left out by the change to summer time. */
const SEARCHED_DAYS = 15;

const HINT =
  'Write days, times and a time zone: "Mon-Fri 09:00-17:00 Asia/Tokyo"';

/**
 * Reads `[DAYS] TIMES [ZONE]`: days such as `Mon-Fri,Sun` (all when left out),
 * times such as `09:00-12:00,13:00-17:00` or `22:00-04:00` (into the next day),
 * an IANA time zone (that of the host when left out). Several, separated by
 * semicolons, count together.
 *
 * @throws {ConfigError} When it cannot be understood or the zone is unknown.
 */
export function parseDeployWindows(text: string): readonly DeployWindow[] {
  return text.split(";").map((part) => parseOne(part.trim()));
}

/** Returns whether a deploy may start at `now`, Unix milliseconds; it may when there are no windows. */
export function isWindowOpen(
  windows: readonly DeployWindow[],
  now: number,
): boolean {
  if (windows.length === 0) return true;
  return windows.some((window) =>
    isInside(window, now + offsetMs(window.timeZone, now))
  );
}

/** Returns when the next window opens, from `now` on; `undefined` when none does in two weeks. */
export function nextWindowAt(
  windows: readonly DeployWindow[],
  now: number,
): number | undefined {
  if (isWindowOpen(windows, now)) return now;
  const first = Math.floor(now / QUARTER_MS) * QUARTER_MS;
  const end = now + SEARCHED_DAYS * DAY_MS;
  for (let quarter = first; quarter < end; quarter += QUARTER_MS) {
    const offsets = windows.map(({ timeZone }) => offsetMs(timeZone, quarter));
    for (let at = quarter; at < quarter + QUARTER_MS; at += MINUTE_MS) {
      if (at <= now) continue;
      const isOpen = windows.some((window, index) =>
        isInside(window, at + (offsets[index] ?? 0))
      );
      if (isOpen) return at;
    }
  }
  return undefined;
}

function parseOne(text: string): DeployWindow {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const at = words.findIndex((word) => /^\d/.test(word));
  const [times = "", zone, ...others] = at < 0 ? [] : words.slice(at);
  if (at < 0 || at > 1 || others.length > 0) {
    throw problem(text, "it has no times, or too many words");
  }
  const [days] = at === 1 ? words : [];
  return {
    text,
    days: days === undefined ? new Set(DAYS.keys()) : parseDays(days, text),
    ranges: times.split(",").map((range) => parseRange(range, text)),
    timeZone: zone === undefined ? hostTimeZone() : parseZone(zone, text),
  };
}

function parseDays(words: string, text: string): ReadonlySet<number> {
  const days = new Set<number>();
  for (const word of words.split(",")) {
    const [first, last = first, ...others] = word.split("-").map(dayOf);
    if (first === undefined || last === undefined || others.length > 0) {
      throw problem(text, `"${word}" names no days`);
    }
    const count = (last - first + 7) % 7 + 1;
    for (let at = 0; at < count; at++) days.add((first + at) % 7);
  }
  return days;
}

/** Returns the day of `Mon` or `Monday`, in any case. */
function dayOf(word: string): number | undefined {
  const name = word.toLowerCase();
  const day = DAYS.indexOf(name.slice(0, 3));
  const isName = name.length === 3 ||
    /^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day)$/.test(name);
  return day < 0 || !isName ? undefined : day;
}

function parseRange(word: string, text: string): TimeRange {
  const match = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(word);
  if (match === null) throw problem(text, `"${word}" is no range of times`);
  const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = match.slice(1).map(Number);
  const [startMinute, endMinute] = [h1 * 60 + m1, h2 * 60 + m2];
  const isTime = m1 < 60 && m2 < 60 && startMinute < DAY_MINUTES &&
    endMinute <= DAY_MINUTES;
  if (!isTime) throw problem(text, `"${word}" is no range of times`);
  if (startMinute === endMinute) throw problem(text, `"${word}" is empty`);
  return { startMinute, endMinute };
}

function parseZone(zone: string, text: string): string {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone })
      .resolvedOptions().timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw problem(text, `"${zone}" is no time zone`);
  }
}

function hostTimeZone(): string {
  return new Intl.DateTimeFormat("en-US").resolvedOptions().timeZone;
}

function problem(text: string, why: string): ConfigError {
  return new ConfigError(`Cannot read deploy window "${text}": ${why}`, {
    hint: HINT,
  });
}

/** Returns whether a wall clock that shows `local`, as if in UTC, is inside the window. */
function isInside({ days, ranges }: DeployWindow, local: number): boolean {
  const date = new Date(local);
  const today = date.getUTCDay();
  const yesterday = (today + 6) % 7;
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  return ranges.some(({ startMinute, endMinute }) =>
    endMinute > startMinute
      ? days.has(today) && minute >= startMinute && minute < endMinute
      : days.has(today) && minute >= startMinute ||
        days.has(yesterday) && minute < endMinute
  );
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Returns by how much the wall clock of a zone is ahead of UTC. */
function offsetMs(timeZone: string, at: number): number {
  const parts = new Map(
    formatOf(timeZone).formatToParts(at).map(({ type, value }) => [
      type,
      Number(value),
    ]),
  );
  const read = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const local = Date.UTC(
    read("year"),
    read("month") - 1,
    read("day"),
    read("hour"),
    read("minute"),
    read("second"),
  );
  return local - Math.floor(at / 1000) * 1000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(timeZone, format);
  return format;
}
