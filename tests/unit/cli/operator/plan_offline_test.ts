import assert from "node:assert/strict";
import {
  type Comparing,
  type LastRun,
  planOf as planWith,
} from "../../../../src/cli/operator/plan_offline.ts";
import type { Survey } from "../../../../src/registry/registry.ts";

const SURVEY: Survey = [
  { tag: "v1.4.0-rc.1", verdict: "filtered", reason: "it is a pre-release" },
  { tag: "v1.3.0", verdict: "incomplete", reason: "artifact not found" },
  { tag: "v1.2.0", verdict: "offered", reason: "" },
  { tag: "v1.1.0", verdict: "older", reason: "older than v1.2.0" },
];
const FIRST: LastRun = { deployed: "", pinned: "", isHeld: false };

const COMPARING: Comparing = {
  rules: { preRelease: false, slot: "" },
  allowDowngrade: false,
};
const planOf = (survey: Survey, last: LastRun) =>
  planWith(survey, last, COMPARING);

function verdicts(last: LastRun): readonly string[] {
  return planOf(SURVEY, last).versions.map(({ verdict }) => verdict);
}

Deno.test("planOf() deploys what the registry offers", () => {
  assert.deepEqual(planOf(SURVEY, FIRST).action, {
    kind: "deploy",
    code: "newer",
    version: "v1.2.0",
    reason: "first deploy",
  });
  assert.deepEqual(verdicts(FIRST), [
    "filtered",
    "incomplete",
    "chosen",
    "older",
  ]);
});

Deno.test("planOf() leaves what is in service", () => {
  const last = { ...FIRST, deployed: "v1.2.0" };
  assert.equal(planOf(SURVEY, last).action.code, "up-to-date");
  assert.deepEqual(verdicts(last), [
    "filtered",
    "incomplete",
    "current",
    "older",
  ]);
});

Deno.test("planOf() goes by a pin and a hold of the last run", () => {
  const pinned = { ...FIRST, deployed: "v1.2.0", pinned: "v1.1.0" };
  const { action } = planOf(SURVEY, pinned);
  assert.deepEqual([action.kind, action.version], ["deploy", "v1.1.0"]);
  assert.equal(planOf(SURVEY, { ...FIRST, pinned: "v9" }).action.kind, "skip");
  const held = { ...FIRST, isHeld: true };
  assert.equal(planOf(SURVEY, held).action.code, "hold");
  assert.equal(verdicts(held)[2], "waiting");
});

Deno.test("planOf() goes by a roll-back until something newer is offered", () => {
  const last = {
    ...FIRST,
    deployed: "v1.1.0",
    rollback: { from: "v1.2.0", to: "v1.1.0" },
  };
  assert.equal(planOf(SURVEY, last).action.code, "up-to-date");
  assert.deepEqual(verdicts(last).slice(2), ["refused", "current"]);
  const newer = { ...last, rollback: { from: "v1.1.0", to: "v1.0.0" } };
  assert.equal(planOf(SURVEY, newer).action.version, "v1.2.0");
});

Deno.test("planOf() goes by a roll-back from a version that was withdrawn since", () => {
  const rollback = { from: "v1.5.0", to: "v1.1.0" };
  const last = { ...FIRST, deployed: "v1.1.0", rollback };
  assert.equal(planOf(SURVEY, last).action.code, "up-to-date");
  assert.deepEqual(verdicts(last).slice(2), ["refused", "current"]);
  const gone = {
    ...last,
    deployed: "v1.0.0",
    rollback: { ...rollback, to: "v1.0.0" },
  };
  assert.equal(planOf(SURVEY, gone).action.code, "rolled-back");
});

Deno.test("planOf() leaves alone what was left where a server chooses", () => {
  const rules = { preRelease: true, slot: "", chosenByServer: true };
  const rollback = { from: "v1.3.0", to: "v1.1.0", also: ["v1.2.0"] };
  const last = { ...FIRST, deployed: "v1.1.0", rollback };
  const comparing = { ...COMPARING, rules };
  assert.equal(planWith(SURVEY, last, comparing).action.code, "up-to-date");
  const other = { ...last, rollback: { ...rollback, also: [] } };
  assert.equal(planWith(SURVEY, other, comparing).action.version, "v1.2.0");
});

Deno.test("planOf() deploys nothing older than what was in service last, unless that is asked for", () => {
  const last = { ...FIRST, deployed: "v1.6.0" };
  assert.equal(planOf(SURVEY, last).action.code, "downgrade");
  assert.equal(verdicts(last)[2], "older");
  const asked = { ...COMPARING, allowDowngrade: true };
  assert.equal(planWith(SURVEY, last, asked).action.kind, "deploy");
});

Deno.test("planOf() says that there is nothing to offer", () => {
  assert.deepEqual(planOf([], FIRST), {
    action: {
      kind: "skip",
      code: "incomplete",
      version: null,
      reason: "the registry offers no version",
    },
    versions: [],
  });
});
