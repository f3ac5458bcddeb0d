import assert from "node:assert/strict";
import { OperationError } from "../../../src/supervisor/operations.ts";
import {
  EMPTY_STATE,
  type FailedRelease,
  type State,
} from "../../../src/supervisor/state.ts";
import { wayBack } from "../../../src/supervisor/way_back.ts";

const RULES = { preRelease: false, slot: "" };
const SERVER = { ...RULES, chosenByServer: true };

const served = (tag: string) => ({
  tag,
  key: `${tag}--app`,
  path: "/x",
  at: 0,
});
const failed = (tag: string): FailedRelease => ({
  ...{ tag, key: `${tag}--app`, reason: "", quarantined: false },
  ...{ attempts: 1, lastAt: 0, retryAt: 0 },
});
const stateOf = (deployed: string, more: Partial<State> = {}): State => ({
  ...EMPTY_STATE,
  deployed: served(deployed),
  previous: served("v1.0.0"),
  ...more,
});
const leave = (version: string, present = version) =>
  ({ kind: "rollback", leave: version, present }) as const;

Deno.test("wayBack() leads from what is in service to what was before", () => {
  assert.deepEqual(wayBack(leave("v1.1.0"), stateOf("v1.1.0"), RULES), {
    from: "v1.1.0",
    to: "v1.0.0",
  });
});

Deno.test("wayBack() stays with what is in service when a deploy was called off", () => {
  const task = leave("v1.2.0", "v1.1.0");
  const way = { from: "v1.2.0", to: "v1.1.0" };
  assert.deepEqual(wayBack(task, stateOf("v1.1.0"), RULES), way);
  const through = stateOf("v1.2.0", { previous: served("v1.1.0") });
  assert.deepEqual(wayBack(task, through, RULES), way, "it was over before");
});

Deno.test("wayBack() leaves alone what failed and is newer than what is left", () => {
  const failures = ["v1.3.0", "v1.2.0", "v0.9.0"].map(failed);
  const { from } = wayBack(
    leave("v1.1.0"),
    stateOf("v1.1.0", { failures }),
    RULES,
  );
  assert.equal(from, "v1.3.0");
});

Deno.test("wayBack() goes on from an earlier way back, not from a later deploy", () => {
  const rollback = { from: "v1.2.0", to: "v1.1.0", at: 0 };
  const back = stateOf("v1.1.0", { rollback });
  assert.equal(wayBack(leave("v1.1.0"), back, RULES).from, "v1.2.0");
  assert.equal(wayBack(leave("v1.1.0"), back, SERVER).from, "v1.2.0");
  assert.equal(wayBack(leave("v1.3.0", "v1.1.0"), back, RULES).from, "v1.3.0");
  assert.equal(wayBack(leave("v1.3.0", "v1.1.0"), back, SERVER).from, "v1.3.0");
  // By a command: what was left before is not wanted for that.
  const older = leave("v1.1.5", "v1.1.0");
  assert.equal(wayBack(older, back, RULES).from, "v1.2.0");
});

Deno.test("wayBack() leaves alone each version that was left or failed, where a server chooses", () => {
  const failures = ["v1.3.0", "v1.0.0"].map(failed);
  const first = wayBack(
    leave("v1.1.0"),
    stateOf("v1.1.0", { failures }),
    SERVER,
  );
  assert.deepEqual(first, { from: "v1.1.0", to: "v1.0.0", also: ["v1.3.0"] });
  const second = wayBack(
    leave("v1.0.0"),
    stateOf("v1.0.0", {
      rollback: { ...first, at: 0 },
      previous: served("v0.9.0"),
    }),
    SERVER,
  );
  assert.deepEqual(second, {
    from: "v1.1.0",
    to: "v0.9.0",
    also: ["v1.0.0", "v1.3.0"],
  });
  // A deploy that is called off meanwhile.
  const third = wayBack(
    leave("v1.4.0", "v0.9.0"),
    stateOf("v0.9.0", { rollback: { ...second, at: 0 } }),
    SERVER,
  );
  assert.deepEqual(third, {
    from: "v1.4.0",
    to: "v0.9.0",
    also: ["v1.1.0", "v1.0.0", "v1.3.0"],
  });
});

const REFUSED: readonly (readonly [string, string, State])[] = [
  ["another version came meanwhile", "conflict", stateOf("v1.0.5")],
  [
    "another version is pinned",
    "conflict",
    stateOf("v1.1.0", { pin: { tag: "v1.1.0", at: 0 } }),
  ],
  ["nothing is in service", "not-found", EMPTY_STATE],
  [
    "nothing was before",
    "not-found",
    stateOf("v1.1.0", { previous: undefined }),
  ],
];
for (const [when, code, state] of REFUSED) {
  Deno.test(`wayBack() refuses when ${when}`, () => {
    assert.throws(
      () => wayBack(leave("v1.1.0"), state, RULES),
      (error) => error instanceof OperationError && error.code === code,
    );
  });
}
