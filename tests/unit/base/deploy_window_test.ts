import assert from "node:assert/strict";
import {
  isWindowOpen,
  nextWindowAt,
  parseDeployWindows,
} from "../../../src/base/deploy_window.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import { Random } from "../../support/random.ts";

const MINUTE = 60_000;

/** Window, time in UTC, whether it is open, when it opens the next time. */
const CASES: readonly (readonly [string, string, boolean, string])[] = [
  // 2026-01-15 is a Thursday; Tokyo is nine hours ahead.
  ["Mon-Fri 09:00-17:00 Asia/Tokyo", "2026-01-15T00:00Z", true, "="],
  [
    "Mon-Fri 09:00-17:00 Asia/Tokyo",
    "2026-01-14T23:59Z",
    false,
    "2026-01-15T00:00Z",
  ],
  ["Mon-Fri 09:00-17:00 Asia/Tokyo", "2026-01-15T07:59:59Z", true, "="],
  [
    "Mon-Fri 09:00-17:00 Asia/Tokyo",
    "2026-01-15T08:00Z",
    false,
    "2026-01-16T00:00Z",
  ],
  // Friday evening to Monday morning.
  [
    "Mon-Fri 09:00-17:00 UTC",
    "2026-01-16T17:00Z",
    false,
    "2026-01-19T09:00Z",
  ],
  ["Sat,Sun 00:00-24:00 UTC", "2026-01-18T23:59Z", true, "="],
  ["Sat,Sun 00:00-24:00 UTC", "2026-01-19T00:00Z", false, "2026-01-24T00:00Z"],
  ["Fri-Mon 10:00-11:00 UTC", "2026-01-20T10:30Z", false, "2026-01-23T10:00Z"],
  ["Monday 10:00-11:00 UTC", "2026-01-19T10:30Z", true, "="],
  // Over midnight: the day is that of the start.
  ["Fri 22:00-04:00 UTC", "2026-01-17T03:59Z", true, "="],
  ["Fri 22:00-04:00 UTC", "2026-01-17T04:00Z", false, "2026-01-23T22:00Z"],
  ["Fri 22:00-04:00 UTC", "2026-01-16T03:00Z", false, "2026-01-16T22:00Z"],
  ["22:00-00:00 UTC", "2026-01-16T23:59Z", true, "="],
  // Several ranges, several windows.
  [
    "09:00-12:00,13:00-17:00 UTC",
    "2026-01-15T12:30Z",
    false,
    "2026-01-15T13:00Z",
  ],
  [
    "Mon 09:00-10:00 UTC; Thu 13:00-14:00 UTC",
    "2026-01-15T12:00Z",
    false,
    "2026-01-15T13:00Z",
  ],
  ["Mon 09:00-10:00 UTC; 11:00-13:00 UTC", "2026-01-15T12:00Z", true, "="],
  // Berlin leaves 02:00 to 03:00 out on 2026-03-29, at 01:00 UTC.
  [
    "02:30-04:00 Europe/Berlin",
    "2026-03-29T00:59Z",
    false,
    "2026-03-29T01:00Z",
  ],
  [
    "02:15-02:45 Europe/Berlin",
    "2026-03-28T02:00Z",
    false,
    "2026-03-30T00:15Z",
  ],
  // On a Sunday only, the one start that is left out costs a week.
  [
    "Sun 02:15-02:45 Europe/Berlin",
    "2026-03-23T00:00Z",
    false,
    "2026-04-05T00:15Z",
  ],
  // It has 02:00 to 03:00 twice on 2026-10-25, from 00:00 and 01:00 UTC.
  ["02:15-02:45 Europe/Berlin", "2026-10-25T00:30Z", true, "="],
  [
    "02:15-02:45 Europe/Berlin",
    "2026-10-25T00:45Z",
    false,
    "2026-10-25T01:15Z",
  ],
  ["02:15-02:45 Europe/Berlin", "2026-10-25T01:30Z", true, "="],
  // Half an hour only, and zones off the hour.
  [
    "02:15-02:20 Australia/Lord_Howe",
    "2026-10-03T15:00Z",
    false,
    "2026-10-04T15:15Z",
  ],
  ["05:45-06:00 Asia/Kathmandu", "2026-01-15T00:00Z", true, "="],
  [
    "09:00-17:00 America/New_York",
    "2026-03-08T12:59Z",
    false,
    "2026-03-08T13:00Z",
  ],
];

for (const [text, time, isOpen, next] of CASES) {
  Deno.test(`the window "${text}" at ${time} is ${isOpen ? "open" : `closed until ${next}`}`, () => {
    const windows = parseDeployWindows(text);
    const now = Date.parse(time);
    assert.equal(isWindowOpen(windows, now), isOpen);
    const expected = next === "=" ? now : Date.parse(next);
    assert.equal(nextWindowAt(windows, now), expected);
  });
}

Deno.test("several --window count together, and none means always", () => {
  const windows = ["Mon 09:00-10:00 UTC", "Thu 09:00-10:00 UTC"]
    .flatMap(parseDeployWindows);
  assert.ok(isWindowOpen(windows, Date.parse("2026-01-15T09:30Z")));
  assert.ok(!isWindowOpen(windows, Date.parse("2026-01-16T09:30Z")));
  assert.ok(isWindowOpen([], 0));
  assert.equal(nextWindowAt([], 5), 5);
});

Deno.test("a window without a zone is of the host's", () => {
  const [window] = parseDeployWindows("09:00-10:00");
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  assert.equal(window?.timeZone, timeZone);
  assert.equal(window?.days.size, 7);
});

const random = Random.fromEnv();
Deno.test(`nextWindowAt() gives the first open minute (seed ${random.seed})`, () => {
  const below = (end: number) => Math.floor(random.next(end));
  const pick = <T>(list: readonly T[]): T =>
    list[below(list.length)] ?? assert.fail();
  const zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
  const changes = ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01"];
  const two = (value: number) => String(value).padStart(2, "0");
  for (let round = 0; round < 20; round++) {
    const hour = below(24);
    const range = `${two(hour)}:${two(pick([0, 7, 30]))}-${
      two((hour + 1 + below(6)) % 24)
    }:15`;
    const text = `${range} ${pick(zones)}`;
    const windows = parseDeployWindows(text);
    const day = Date.parse(`${pick(changes)}T00:00Z`);
    const now = day + (below(2880) - 1440) * MINUTE;
    let at = now;
    while (!isWindowOpen(windows, at)) at += MINUTE;
    assert.equal(nextWindowAt(windows, now), at, `${text} at ${now}`);
  }
});

const BAD: readonly (readonly [string, RegExp])[] = [
  ["", /no times/],
  ["Mon-Fri", /no times/],
  ["Mon-Fri 9-17 UTC", /"9-17" is no range/],
  ["Mon-Fri 09:00-25:00 UTC", /"09:00-25:00" is no range/],
  ["24:00-03:00 UTC", /no range/],
  ["09:60-10:00 UTC", /no range/],
  ["09:00-09:00 UTC", /is empty/],
  ["Mun 09:00-10:00 UTC", /"Mun" names no days/],
  ["Mon-Wed-Fri 09:00-10:00 UTC", /names no days/],
  ["Mondays 09:00-10:00 UTC", /names no days/],
  ["09:00-10:00 Mars/Olympus", /"Mars\/Olympus" is no time zone/],
  ["Mon 09:00-10:00 UTC please", /too many words/],
  ["Mon Tue 09:00-10:00 UTC", /too many words/],
  ["09:00-10:00 UTC;", /no times/],
];

for (const [text, problem] of BAD) {
  Deno.test(`the window "${text}" is refused`, () => {
    assert.throws(() => parseDeployWindows(text), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, problem);
      assert.ok(error.hint?.includes("Asia/Tokyo"));
      return true;
    });
  });
}
