import assert from "node:assert/strict";
import {
  beginRollback,
  completeDeploy,
  type DeployedRelease,
  EMPTY_STATE,
  endPause,
  type State,
} from "../../../src/supervisor/state.ts";
import {
  firstSeen,
  markRollback,
  pinVersion,
  rollbackTarget,
  sight,
} from "../../../src/supervisor/state_operator.ts";

const HOUR = 3_600_000;

Deno.test("a roll-back goes to the version before, and a second one further back", () => {
  const three = deployAll("v1", "v2", "v3");
  assert.equal(rollbackTarget(three)?.tag, "v2");
  const two = goBack(three, "v3", "v2");
  assert.equal(two.history.at(-1)?.outcome, "rolled-back");
  assert.equal(two.previous?.tag, "v1");
  assert.equal(rollbackTarget(two)?.tag, "v1");
  const one = goBack(two, "v3", "v1");
  assert.equal(rollbackTarget(one), undefined);
  assert.deepEqual(one.rollback, { from: "v3", to: "v1", at: 9 });
});

Deno.test("a deploy of another version ends a roll-back", () => {
  const back = goBack(deployAll("v1", "v2"), "v2", "v1");
  const next = completeDeploy(back, releaseOf("v3"), 1);
  assert.equal(next.rollback, undefined);
  assert.equal(next.history.at(-1)?.outcome, "deployed");
  assert.equal(rollbackTarget(next)?.tag, "v1");
});

Deno.test("a pin ends a roll-back", () => {
  const back = goBack(deployAll("v1", "v2"), "v2", "v1");
  assert.equal(pinVersion(back, "v2", 1).rollback, undefined);
});

Deno.test("the same version again, after a roll-back, is a deploy and keeps the mark", () => {
  const back = goBack(deployAll("v1", "v2"), "v2", "v1");
  const again = completeDeploy(back, releaseOf("v1"), 1);
  assert.equal(again.history.at(-1)?.outcome, "deployed");
  assert.equal(again.rollback?.to, "v1");
});

Deno.test("when what was gone back to crash-loops, the way back goes on from there", () => {
  const two = goBack(deployAll("v1", "v2", "v3"), "v3", "v2");
  const { deployed, previous } = two;
  assert.ok(deployed !== undefined && previous !== undefined);
  const one = beginRollback(two, deployed, previous);
  assert.equal(one.deployed?.tag, "v1");
  assert.deepEqual([one.rollback?.from, one.rollback?.to], ["v3", "v1"]);
});

Deno.test("nothing is rolled back to where nothing or one version was deployed", () => {
  assert.equal(rollbackTarget(EMPTY_STATE), undefined);
  assert.equal(rollbackTarget(deployAll("v1")), undefined);
});

Deno.test("sight() remembers the first time, and other bytes anew", () => {
  const first = sight(EMPTY_STATE, seen("v1", 1, "a"), HOUR);
  const again = sight(first, seen("v1", 5, "a"), HOUR);
  assert.equal(again, first);
  assert.equal(firstSeen(again, { tag: "v1", fingerprint: "a" }), 1);
  const other = sight(again, seen("v1", 7, "b"), HOUR);
  assert.equal(firstSeen(other, { tag: "v1", fingerprint: "b" }), 7);
  assert.equal(firstSeen(other, { tag: "v1", fingerprint: "a" }), undefined);
});

Deno.test("sight() does not believe a time to come", () => {
  const ahead = sight(EMPTY_STATE, seen("v1", 10 * HOUR), HOUR);
  const now = sight(ahead, seen("v1", HOUR), HOUR);
  assert.equal(firstSeen(now, { tag: "v1" }), HOUR);
});

Deno.test("sight() forgets what is mature before what still waits", () => {
  let state = EMPTY_STATE;
  for (let at = 0; at < 500; at++) state = sight(state, seen(`v${at}`, at), 10);
  assert.equal(state.sightings?.length, 500);
  const full = sight(state, seen("v500", 500), 1000);
  assert.equal(full, state, "none is mature: the new one waits for its turn");
  const next = sight(state, seen("v500", 500), 10);
  assert.equal(next.sightings?.length, 500);
  assert.equal(firstSeen(next, { tag: "v0" }), undefined);
  assert.equal(firstSeen(next, { tag: "v500" }), 500);
});

Deno.test("endPause() lets one version, or all, be tried again", () => {
  const failures = ["v1", "v2"].map((tag) => ({
    ...{ tag, key: tag, reason: "", quarantined: true, attempts: 1 },
    ...{ lastAt: 1, retryAt: 100 },
  }));
  const state = { ...EMPTY_STATE, failures };
  const one = endPause(state, "v1", 5);
  assert.deepEqual(one.failures.map(({ retryAt }) => retryAt), [5, 100]);
  const all = endPause(state, undefined, 5);
  assert.deepEqual(all.failures.map(({ retryAt }) => retryAt), [5, 5]);
  assert.equal(endPause(EMPTY_STATE, undefined, 5), EMPTY_STATE);
});

function deployAll(...tags: readonly string[]): State {
  return tags.reduce(
    (state, tag) => completeDeploy(state, releaseOf(tag), 1),
    EMPTY_STATE,
  );
}

function goBack(state: State, from: string, to: string): State {
  const marked = markRollback(state, { from, to, at: 9 });
  return completeDeploy(marked, releaseOf(to), 1);
}

function releaseOf(tag: string): DeployedRelease {
  return { tag, key: `${tag}--app`, path: `/releases/${tag}`, at: 1 };
}

function seen(tag: string, at: number, fingerprint?: string) {
  return { tag, at, fingerprint };
}
