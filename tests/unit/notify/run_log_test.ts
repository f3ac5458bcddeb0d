import assert from "node:assert/strict";
import { join } from "node:path";
import {
  formerRuns,
  isHushed,
  isLastTold,
  RunLog,
  type RunRecord,
} from "../../../src/notify/run_log.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 15);
const HOUR = 60 * MINUTE;

/** The last run, and what is said of it. */
const RUNS: readonly (readonly [
  name: string,
  last: RunRecord | undefined,
  bad: number,
  wasCutOff: boolean,
])[] = [
  ["none", undefined, 0, false],
  [
    "one that ended well",
    { startedAt: NOW - 1, end: "well", bad: 7 },
    0,
    false,
  ],
  ["one that failed", { startedAt: NOW - 1, end: "badly", bad: 0 }, 1, false],
  [
    "the fourth that failed",
    {
      startedAt: NOW - MINUTE,
      end: "badly",
      bad: 3,
    },
    4,
    false,
  ],
  [
    "one that was killed",
    { startedAt: NOW - HOUR, end: "none", bad: 9 },
    1,
    true,
  ],
  [
    "one in the future, which the clock was set back from",
    {
      startedAt: NOW + HOUR,
      end: "badly",
      bad: 9,
    },
    1,
    false,
  ],
];

for (const [name, last, bad, wasCutOff] of RUNS) {
  Deno.test(`formerRuns() counts after ${name}`, () => {
    assert.deepEqual(formerRuns(last, NOW), { bad, wasCutOff });
  });
}

Deno.test("RunLog lets three runs of a row tell of themselves", async () => {
  await using dir = await TempDir.create();
  const folder = dir.join(".dewy");
  const clock = new VirtualClock();
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  const hushed: boolean[] = [];
  const last: boolean[] = [];
  for (
    const end of ["badly", "none", "badly", "none", "well", "badly"] as const
  ) {
    const log = await RunLog.open({ folder, clock, onError });
    hushed.push(isHushed(log.former));
    last.push(isLastTold(log.former));
    await log.write("none");
    if (end !== "none") await log.write(end);
    await clock.run(MINUTE);
  }
  assert.deepEqual(hushed, [false, false, false, true, true, false]);
  assert.deepEqual(last, [false, false, true, false, false, false]);
  assert.deepEqual(errors, []);
});

Deno.test("RunLog begins anew with a file that is damaged, and tells one that cannot be used", async () => {
  await using dir = await TempDir.create();
  const clock = new VirtualClock();
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  const options = { folder: dir.path, clock, onError };
  for (const text of ["", "{", "[]", '{"bad":"x"}', "x".repeat(9_999)]) {
    await Deno.writeTextFile(dir.join("run.json"), text);
    const log = await RunLog.open(options);
    assert.deepEqual(log.former, { bad: 0, wasCutOff: false });
  }
  assert.equal(errors.length, 0);
  const file = dir.join("file");
  await Deno.writeTextFile(file, "");
  const log = await RunLog.open({ ...options, folder: join(file, ".dewy") });
  await log.write("badly");
  assert.equal(errors.length, 2);
  assert.match(errors[1]?.message ?? "", /^Cannot write ".*run\.json"/);
});
