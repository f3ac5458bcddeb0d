import assert from "node:assert/strict";
import type { FormerRuns, RunRecord } from "../../../src/notify/run_log.ts";
import { NotificationsBench } from "../../support/notifications_bench.ts";
import { SAMPLES } from "../../support/sample_events.ts";

const MINUTE = 60_000;
const LAST_WORDS =
  "From here on nothing is told until Dewy has run for 10 minutes, or is stopped";
const STARTED = "Automatic shipping started by Dewy (v1.0.0: server)";

/** A dewy that comes up after others. */
function after(former: FormerRuns) {
  const ends: RunRecord["end"][] = [];
  const runs = {
    former,
    write: (end: RunRecord["end"]) => {
      ends.push(end);
      return Promise.resolve();
    },
  };
  const bench = new NotificationsBench({ runs, isBegun: false });
  return { bench, ends };
}

/** Lets it come up, and returns what is told by then. */
async function comeUp(bench: NotificationsBench): Promise<readonly string[]> {
  await bench.tell(SAMPLES["started"]);
  await bench.notifications.begin();
  await bench.clock.run(0);
  return bench.loud.texts;
}

/** Ends it as a stop does. */
async function end(bench: NotificationsBench): Promise<void> {
  const ending = bench.notifications[Symbol.asyncDispose]();
  await bench.clock.run(1);
  await ending;
}

const STARTS: readonly (readonly [
  former: FormerRuns,
  text: string,
  quiet: number,
])[] = [
  [{ bad: 0, wasCutOff: false }, STARTED, 0],
  [
    { bad: 1, wasCutOff: false },
    `${STARTED}\nThe run before ended with an error`,
    1,
  ],
  [
    { bad: 1, wasCutOff: true },
    `${STARTED}\nThe run before was cut off: Dewy was killed, or the host went down`,
    1,
  ],
  [
    { bad: 2, wasCutOff: false },
    `${STARTED}\nThe run before ended with an error; 2 in a row ended badly\nShould this one end badly too, nothing is told until Dewy has run for 10 minutes, or is stopped`,
    1,
  ],
];

for (const [former, text, quiet] of STARTS) {
  Deno.test(`Notifications tell a start after ${former.bad} bad runs${former.wasCutOff ? ", cut off" : ""}`, async () => {
    const { bench, ends } = after(former);
    assert.deepEqual(await comeUp(bench), [text]);
    assert.equal(bench.quiet.texts.length, quiet);
    await end(bench);
    assert.deepEqual(ends, ["none", "well"]);
  });
}

Deno.test("Notifications tell at the end of the third bad run that it is the last one told", async () => {
  const { bench } = after({ bad: 2, wasCutOff: false });
  await comeUp(bench);
  await bench.tell(SAMPLES["ended-by-error"]);
  assert.equal(
    bench.loud.texts[1],
    `Dewy ended with an error: Cannot read the registry: No route to host\n${LAST_WORDS}`,
  );
  await end(bench);
});

Deno.test("Notifications tell nothing of the fourth bad run", async () => {
  const { bench, ends } = after({ bad: 3, wasCutOff: true });
  assert.deepEqual(await comeUp(bench), []);
  await bench.tell(SAMPLES["server-started"], SAMPLES["ended-by-error"]);
  await end(bench);
  assert.deepEqual(bench.loud.texts, []);
  assert.deepEqual(ends, ["none", "badly"]);
});

Deno.test("Notifications tell all of a run that lasts, after however many bad ones", async () => {
  const { bench } = after({ bad: 57, wasCutOff: false });
  await comeUp(bench);
  await bench.tell(SAMPLES["server-started"]);
  await bench.clock.run(9 * MINUTE);
  assert.deepEqual(bench.loud.texts, []);
  await bench.clock.run(2 * MINUTE);
  assert.deepEqual(bench.loud.texts, [
    `${STARTED}\nThe run before ended with an error; 57 in a row ended badly`,
    "Server restarted for v2",
  ]);
  await end(bench);
});

Deno.test("Notifications tell all of a run that is ended as it should be", async () => {
  const { bench, ends } = after({ bad: 57, wasCutOff: false });
  await comeUp(bench);
  await bench.tell(SAMPLES["stopping"]);
  await end(bench);
  assert.equal(bench.loud.texts.length, 2);
  assert.deepEqual(ends, ["none", "well"]);
});

Deno.test("Notifications tell that dewy cannot start, and not that it has", async () => {
  for (const [bad, rest] of [[0, ""], [2, `\n${LAST_WORDS}`]] as const) {
    const { bench, ends } = after({ bad, wasCutOff: false });
    await bench.tell(
      SAMPLES["started"],
      SAMPLES["state-unreadable"],
      SAMPLES["start-failed"],
    );
    await end(bench);
    assert.match(bench.loud.texts[0] ?? "", /^Dewy has lost its memory/);
    assert.deepEqual(bench.loud.texts.slice(1), [
      `Dewy cannot start: Cannot read the registry: No route to host${rest}`,
    ]);
    assert.equal(bench.loud.notices[1]?.hint, "Check the network");
    assert.deepEqual(ends, ["badly"]);
  }
  const { bench } = after({ bad: 3, wasCutOff: false });
  await bench.tell(SAMPLES["started"], SAMPLES["start-failed"]);
  await end(bench);
  assert.deepEqual(bench.loud.texts, []);
});
