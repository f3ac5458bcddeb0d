import assert from "node:assert/strict";
import { ApplicationError } from "../../../src/base/errors.ts";
import {
  attempt,
  BENCH_SECRET,
  failedDeploy,
  NotificationsBench,
} from "../../support/notifications_bench.ts";
import { error, result, SAMPLES } from "../../support/sample_events.ts";

const MINUTE = 60_000;

const TOO_MANY =
  "⚠️ No more error notifications will be sent until errors are resolved.\n\n";
const ERROR = "Cannot read the registry: No route to host";

Deno.test("Notifications tell three failed checks in a row, and that they are over", async () => {
  const bench = new NotificationsBench();
  assert.deepEqual(await bench.fail(1), [
    `Error occurred (count: 1): ${ERROR}`,
  ]);
  assert.deepEqual(await bench.fail(2), [
    `Error occurred (count: 2): ${ERROR}`,
  ]);
  assert.deepEqual(await bench.fail(3), [
    `${TOO_MANY}Error occurred (count: 3): ${ERROR}`,
  ]);
  for (let count = 4; count < 400; count++) {
    await bench.clock.run(MINUTE);
    assert.deepEqual(await bench.fail(count), []);
  }
  assert.deepEqual(await bench.recover(399), [
    "Recovered after 399 failed checks",
  ]);
  assert.equal(bench.loud.notices[0]?.hint, "Check the network");
});

Deno.test("Notifications are not repeated by checks that fail and succeed in turn", async () => {
  const bench = new NotificationsBench();
  const all: string[] = [];
  for (let turn = 0; turn < 100; turn++) {
    await bench.clock.run(10_000);
    all.push(...await bench.fail(1), ...await bench.recover(1));
  }
  assert.equal(all.length, 6, all.join("\n"));
  await bench.clock.run(11 * MINUTE);
  assert.equal((await bench.fail(1)).length, 1);
});

Deno.test("Notifications tell a failure that lasts, also after many short ones", async () => {
  const bench = new NotificationsBench();
  for (let turn = 0; turn < 10; turn++) {
    await bench.clock.run(10_000);
    await bench.fail(1);
    await bench.recover(1);
  }
  const told: string[] = [];
  for (let count = 1; count < 120; count++) {
    await bench.clock.run(10_000);
    told.push(...await bench.fail(count));
  }
  assert.equal(told.length, 1, told.join("\n"));
  assert.deepEqual(await bench.recover(119), [
    "Recovered after 119 failed checks",
  ]);
});

Deno.test("Notifications tell a deploy that fails once, with what to do", async () => {
  const bench = new NotificationsBench();
  const cause = new ApplicationError("The new worker exited with code 1", {
    hint: "See its output",
  });
  const told = await bench.tell(
    failedDeploy("v2", cause),
    { type: "tick-failed", error: cause, failures: 1 },
    { ...SAMPLES["deploy-skipped"], tag: "v2", notable: true },
  );
  assert.deepEqual(told, [
    "Error occurred (count: 1): Deployment of v2 failed: The new worker exited with code 1\n" +
    "v1 stays in service\n" +
    "v2 is tried again after 2026-01-15T00:05:00Z (attempts so far: 1)",
  ]);
  const [notice] = bench.loud.notices;
  assert.equal(notice?.hint, "See its output");
  assert.equal(notice?.version, "v2");
  assert.deepEqual(notice?.details, {
    failures: 1,
    attempts: 1,
    retry_at: "2026-01-15T00:05:00.000Z",
    quarantined: false,
    restored_to: "v1",
  });
  // Another check that fails is another matter.
  assert.deepEqual(await bench.fail(2), [
    `Error occurred (count: 2): ${ERROR}`,
  ]);
});

Deno.test("Notifications tell the steps of another attempt when it succeeds, and not when it fails again", async () => {
  const bench = new NotificationsBench();
  assert.equal((await bench.tell(...attempt("v2"))).length, 3);
  await bench.tell(failedDeploy("v2", error), SAMPLES["tick-failed"]);
  assert.deepEqual(await bench.tell(...attempt("v2")), []);
  assert.deepEqual(await bench.tell(SAMPLES["container-gone"]), [
    "Container web-1-0 is gone, another one is started: it ended with exit code 3",
  ]);
  const again = new Error("Again");
  assert.equal(
    (await bench.tell(failedDeploy("v2", again), {
      type: "tick-failed",
      error: again,
      failures: 2,
    })).length,
    1,
  );
  assert.deepEqual(
    await bench.tell(
      ...attempt("v2"),
      { type: "server-started", tag: "v2", ports: 1, restarted: true },
      { type: "deploy-succeeded", tag: "v2", durationMs: 1_500 },
      { type: "errors-cleared", failures: 2 },
    ),
    [
      "Starting server deployment: v1 → v2",
      "Downloaded artifact for v2",
      "Before Deploy Hook SUCCESS",
      "Server restarted for v2",
      "Deployment completed successfully (total: 1.5s): v2",
      "Recovered after 2 failed checks",
    ],
  );
});

Deno.test("Notifications tell all of a version that is not the one that failed", async () => {
  const bench = new NotificationsBench();
  await bench.tell(failedDeploy("v2", error), SAMPLES["tick-failed"]);
  assert.equal((await bench.tell(...attempt("v3"))).length, 3);
});

Deno.test("Notifications tell a roll-back without counting an error", async () => {
  const bench = new NotificationsBench();
  const crash = new ApplicationError("The worker of v2 died 3 times in a row");
  const told = await bench.tell(
    { type: "rollback-started", tag: "v2", to: "v1", reason: crash.message },
    { type: "server-started", tag: "v1", ports: 1, restarted: true },
    failedDeploy("v2", crash),
  );
  assert.equal(told[0], `Rolling back deployment: v2 → v1: ${crash.message}`);
  assert.equal(told[1], "Server restarted for v1");
  assert.match(
    told[2] ?? "",
    /^Deployment of v2 failed: The worker of v2 died[^]*\nv1 is in service again\n/,
  );
  assert.match((await bench.fail(1))[0] ?? "", /^Error occurred \(count: 1\)/);
});

Deno.test("Notifications tell bad bytes as a quarantine", async () => {
  const bench = new NotificationsBench();
  const [text = ""] = await bench.tell({
    type: "deploy-failed",
    failure: {
      tag: "v2",
      error,
      attempts: 1,
      retryAt: 0,
      quarantined: true,
    },
  });
  assert.match(text, /\nv2 is quarantined: its bytes are tried again after/);
});

Deno.test("Notifications leave out for quiet notifiers what is only good to know", async () => {
  const bench = new NotificationsBench();
  await bench.tell(
    SAMPLES["started"],
    ...attempt("v2"),
    { type: "hook-finished", result: { ...result, exitCode: 1 } },
    SAMPLES["server-started"],
    SAMPLES["tick-failed"],
    { type: "errors-cleared", failures: 1 },
    SAMPLES["stopping"],
  );
  assert.equal(bench.loud.texts.length, 9);
  assert.deepEqual(bench.quiet.texts, [
    "Before Deploy Hook FAILED (exit code 1)",
    "Server restarted for v2",
    `Error occurred (count: 1): ${ERROR}`,
    "Recovered after 1 failed check",
  ]);
});

Deno.test("Notifications tell what comes again and again three times", async () => {
  const bench = new NotificationsBench();
  const all: string[] = [];
  for (let second = 0; second < 600; second++) {
    await bench.clock.run(1_000);
    all.push(...await bench.tell(SAMPLES["container-sick"]));
  }
  assert.equal(all.length, 3);
  assert.match(all[2] ?? "", /\nFurther ones are told when there was none/);
  await bench.clock.run(10 * MINUTE);
  assert.equal((await bench.tell(SAMPLES["container-sick"])).length, 1);
});

Deno.test("Notifications tell the steps of a container's start in a deploy only", async () => {
  const bench = new NotificationsBench();
  const steps = [
    SAMPLES["container-starting"],
    SAMPLES["container-healthy"],
    SAMPLES["backend-added"],
  ];
  assert.deepEqual(await bench.tell(...steps), []);
  await bench.tell(SAMPLES["deploy-started"]);
  assert.equal((await bench.tell(...steps)).length, 3);
  await bench.tell(SAMPLES["deploy-succeeded"]);
  assert.deepEqual(await bench.tell(...steps), []);
});

Deno.test("Notifications tell with what dewy ends, unless that was told", async () => {
  const bench = new NotificationsBench();
  await bench.fail(1);
  assert.deepEqual(await bench.tell(SAMPLES["ended-by-error"]), []);
  const other = new ApplicationError("The worker has ended");
  assert.deepEqual(
    await bench.tell({ type: "ended-by-error", error: other }),
    ["Dewy ended with an error: The worker has ended"],
  );
});

Deno.test("Notifications hold no secret, wherever it comes from", async () => {
  const bench = new NotificationsBench();
  const url = `https://bob:hunter22@host/?token=${BENCH_SECRET}`;
  await bench.tell(
    { type: "tick-failed", error: new Error(`Cannot get ${url}`), failures: 1 },
    {
      type: "hook-finished",
      result: {
        ...result,
        command: `curl ${url}`,
        stdout: `the token is ${BENCH_SECRET}`,
        stderr: url,
        exitCode: 1,
      },
    },
    { ...SAMPLES["deploy-started"], reason: `because of ${BENCH_SECRET}` },
  );
  const sent = JSON.stringify(bench.loud.notices);
  assert.equal(bench.loud.notices.length, 3);
  assert.ok(!sent.includes(BENCH_SECRET), sent);
  assert.ok(!sent.includes("hunter22"), sent);
});
