import assert from "node:assert/strict";
import { parseDeployWindows } from "../../../src/base/deploy_window.ts";
import type { Release } from "../../../src/base/release.ts";
import { decide, type Situation } from "../../../src/supervisor/decide.ts";
import { EMPTY_STATE, type State } from "../../../src/supervisor/state.ts";

const NOW = Date.parse("2026-01-15T12:00:00Z");
const HOUR = 3_600_000;
const WINDOWS = parseDeployWindows("Mon-Fri 02:00-04:00 UTC");
const FAILED = {
  tag: "v1.2.0",
  key: "v1.2.0--app",
  fingerprint: "v1.2.0",
  reason: "it did not start",
  quarantined: false,
  attempts: 1,
  lastAt: NOW - 1000,
  retryAt: NOW + HOUR,
};

/** In service is v1.1.0; what is offered, what else holds, what comes of it. */
const CASES: Readonly<
  Record<string, readonly [string, Partial<Situation> | State, string]>
> = {
  "a newer version": ["v1.2.0", {}, "deploy newer"],
  "a hold": ["v1.2.0", state({ hold: { at: 0 } }), "skip hold"],
  "a hold, and an order": [
    "v1.2.0",
    { state: state({ hold: { at: 0 } }), task: { kind: "deploy" } },
    "skip hold",
  ],
  "a hold, and a way back": [
    "v1.0.0",
    state({ hold: { at: 0 }, rollback: back("v1.1.0", "v1.0.0") }),
    "deploy rollback",
  ],
  "a hold, and nothing new": [
    "v1.1.0",
    state({ hold: { at: 0 } }),
    "skip up-to-date",
  ],
  "a version that is not known yet, with a cooldown": [
    "v1.2.0",
    { cooldownMs: HOUR },
    "skip cooldown",
  ],
  "a version that is too young": [
    "v1.2.0",
    { cooldownMs: HOUR, state: seen(NOW - HOUR + 1) },
    "skip cooldown",
  ],
  "a version that is old enough": [
    "v1.2.0",
    { cooldownMs: HOUR, state: seen(NOW - HOUR) },
    "deploy newer",
  ],
  "other bytes behind a version that is old enough": [
    "v1.2.0",
    { cooldownMs: HOUR, state: seen(NOW - HOUR, "other") },
    "skip cooldown",
  ],
  "a version that is too young, and an order": [
    "v1.2.0",
    { cooldownMs: HOUR, task: { kind: "deploy" } },
    "deploy newer",
  ],
  "a first deploy with a cooldown and a window": [
    "v1.2.0",
    { cooldownMs: HOUR, windows: WINDOWS, state: EMPTY_STATE },
    "deploy first",
  ],
  "a closed window": ["v1.2.0", { windows: WINDOWS }, "skip window"],
  "an open window": [
    "v1.2.0",
    { windows: WINDOWS, now: Date.parse("2026-01-15T02:00Z") },
    "deploy newer",
  ],
  "a closed window, and an order": [
    "v1.2.0",
    { windows: WINDOWS, task: { kind: "deploy" } },
    "deploy newer",
  ],
  "a closed window, and a pin": [
    "v1.2.0",
    { windows: WINDOWS, state: state({ pin: { tag: "v1.2.0", at: 0 } }) },
    "deploy pinned",
  ],
  "a closed window, and a release that is gone from the disk": [
    "v1.1.0",
    { windows: WINDOWS, cooldownMs: HOUR, intact: false },
    "deploy missing",
  ],
  "a failure a while ago": [
    "v1.2.0",
    state({ failures: [FAILED] }),
    "skip failed-before",
  ],
  "a failure a while ago, and an order": [
    "v1.2.0",
    { state: state({ failures: [FAILED] }), task: { kind: "deploy" } },
    "deploy newer",
  ],
  "a pin of an older version": [
    "v1.0.0",
    state({ pin: { tag: "v1.0.0", at: 0 } }),
    "deploy pinned",
  ],
  "a pin whose deploy failed a while ago": [
    "v1.2.0",
    state({ pin: { tag: "v1.2.0", at: 0 }, failures: [FAILED] }),
    "skip failed-before",
  ],
  "an older version": ["v1.0.0", {}, "skip downgrade"],
  "what was rolled back from": [
    "v1.2.0",
    state({ rollback: back("v1.2.0", "v1.1.0") }),
    "skip rolled-back",
  ],
  "what was rolled back from, and an order": [
    "v1.2.0",
    {
      state: state({ rollback: back("v1.2.0", "v1.1.0") }),
      task: { kind: "deploy" },
    },
    "deploy newer",
  ],
  "a version between the two of a way back": [
    "v1.2.0",
    state({ rollback: back("v1.3.0", "v1.1.0") }),
    "skip rolled-back",
  ],
  "a way back whose release is gone from the disk, and failed a while ago": [
    "v1.1.0",
    {
      intact: false,
      windows: WINDOWS,
      state: state({
        rollback: back("v1.2.0", "v1.1.0"),
        failures: [{ ...FAILED, key: "v1.1.0--app", fingerprint: "v1.1.0" }],
      }),
    },
    "skip failed-before",
  ],
  "a version newer than what was rolled back from": [
    "v1.4.0",
    state({ rollback: back("v1.3.0", "v1.1.0") }),
    "deploy newer",
  ],
  "what was rolled back from, chosen by a server": [
    "v1.2.0",
    {
      state: state({ rollback: back("v1.2.0", "v1.1.0") }),
      rules: { preRelease: false, slot: "", chosenByServer: true },
    },
    "skip rolled-back",
  ],
  "a version that was left too, chosen by a server": [
    "v1.3.0",
    {
      state: state({
        rollback: { ...back("v1.2.0", "v1.1.0"), also: ["v1.3.0"] },
      }),
      rules: { preRelease: false, slot: "", chosenByServer: true },
    },
    "skip rolled-back",
  ],
  "another version than what was rolled back from, chosen by a server": [
    "v1.0.0",
    {
      state: state({ rollback: back("v1.2.0", "v1.1.0") }),
      rules: { preRelease: false, slot: "", chosenByServer: true },
    },
    "deploy older",
  ],
  "a link that someone moved": ["v1.1.0", { diverted: true }, "skip diverted"],
  "a link that someone moved, and an order for the version": [
    "v1.1.0",
    { diverted: true, task: { kind: "deploy", tag: "v1.1.0" } },
    "deploy ordered",
  ],
};

for (const [name, [offered, given, expected]] of Object.entries(CASES)) {
  Deno.test(`decide() meets ${name}: ${expected}`, () => {
    const changes = "format" in given ? { state: given } : given;
    const action = decide({ ...situation(offered), ...changes });
    assert.equal(`${action.kind} ${action.code}`, expected);
    assert.notEqual(action.reason, "");
  });
}

Deno.test("decide() names all that a version waits for", () => {
  const action = decide({
    ...situation("v1.2.0"),
    state: {
      ...seen(NOW - 1),
      hold: { at: 0, reason: "a trade fair" },
      failures: [FAILED],
    },
    cooldownMs: HOUR,
    windows: WINDOWS,
  });
  assert.ok(action.kind === "skip" && action.waits !== undefined);
  assert.deepEqual(
    action.waits.map(({ version, code, until }) => [version, code, until]),
    [
      ["v1.2.0", "hold", undefined],
      ["v1.2.0", "failed-before", NOW + HOUR],
      ["v1.2.0", "cooldown", NOW - 1 + HOUR],
      ["v1.2.0", "window", Date.parse("2026-01-16T02:00Z")],
    ],
  );
  assert.match(action.reason, /a trade fair/);
});

function situation(offered: string): Situation {
  return {
    latest: { kind: "release", release: releaseOf(offered), incomplete: [] },
    state: state({}),
    intact: true,
    diverted: false,
    ignoreFailures: false,
    rules: { preRelease: false, slot: "" },
    allowDowngrade: false,
    cooldownMs: 0,
    windows: [],
    now: NOW,
  };
}

function releaseOf(tag: string): Release {
  return {
    id: tag,
    tag,
    artifactUrl: `file:///registry/${tag}/app`,
    artifactName: "app",
    fingerprint: tag,
    checksumUrls: [],
    slot: "",
  };
}

function state(changes: Partial<State>): State {
  const tag = "v1.1.0";
  const deployed = { tag, key: `${tag}--app`, fingerprint: tag, path: "/x" };
  return { ...EMPTY_STATE, deployed: { ...deployed, at: 0 }, ...changes };
}

function seen(at: number, fingerprint = "v1.2.0"): State {
  return state({ sightings: [{ tag: "v1.2.0", fingerprint, at }] });
}

function back(from: string, to: string) {
  return { from, to, at: 0 };
}
