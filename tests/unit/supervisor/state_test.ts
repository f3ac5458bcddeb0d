import assert from "node:assert/strict";
import {
  adoptRelease,
  beginDeploy,
  cancelDeploy,
  completeDeploy,
  type DeployedRelease,
  type DeployIntent,
  EMPTY_STATE,
  failDeploy,
  type FailedRelease,
  recordDigest,
  type State,
} from "../../../src/supervisor/state.ts";

Deno.test("beginDeploy() notes what is coming and changes nothing else", () => {
  const state = completeDeploy(EMPTY_STATE, release("v1"), 5);
  const begun = beginDeploy(state, intent("v2"));
  assert.deepEqual(begun, { ...state, deploying: intent("v2") });
});

Deno.test("completeDeploy() keeps the release before for a way back", () => {
  const first = completeDeploy(EMPTY_STATE, release("v1"), 5);
  assert.equal(first.previous, undefined);
  const second = completeDeploy(beginDeploy(first, intent("v2")), {
    ...release("v2"),
    sha256: "abc",
  }, 7);
  assert.equal(second.deployed?.tag, "v2");
  assert.equal(second.previous?.tag, "v1");
  assert.equal(second.deploying, undefined);
  assert.deepEqual(second.history.at(-1), {
    at: 1,
    tag: "v2",
    key: "v2--app",
    sha256: "abc",
    fingerprint: undefined,
    path: "/releases/v2",
    outcome: "deployed",
    reason: "",
    durationMs: 7,
  });
});

Deno.test("completeDeploy() does not make a release its own predecessor", () => {
  const first = completeDeploy(EMPTY_STATE, release("v1"), 5);
  const second = completeDeploy(first, release("v2"), 5);
  const again = completeDeploy(second, release("v2"), 5);
  assert.equal(again.previous?.tag, "v1");
});

Deno.test("completeDeploy() forgets the failures of that release only", () => {
  const state = [failure("v1"), failure("v2")].reduce(fail, EMPTY_STATE);
  const done = completeDeploy(state, release("v2"), 5);
  assert.deepEqual(done.failures.map(({ tag }) => tag), ["v1"]);
});

Deno.test("failDeploy() remembers the failure once and leaves the deployed release", () => {
  const state = completeDeploy(EMPTY_STATE, release("v1"), 5);
  const begun = beginDeploy(state, intent("v2"));
  const failed = fail(
    fail(begun, failure("v2")),
    { ...failure("v2"), attempts: 2 },
  );
  assert.equal(failed.deployed?.tag, "v1");
  assert.equal(failed.deploying, undefined);
  assert.deepEqual(failed.failures, [{ ...failure("v2"), attempts: 2 }]);
  assert.deepEqual(
    failed.history.map(({ tag, outcome, reason }) => [tag, outcome, reason]),
    [
      ["v1", "deployed", ""],
      ["v2", "failed", "it is broken"],
      ["v2", "failed", "it is broken"],
    ],
  );
});

Deno.test("failDeploy() keeps the 20 latest failures", () => {
  const state = numbers(30).map((n) => failure(`v${n}`))
    .reduce(fail, EMPTY_STATE);
  assert.equal(state.failures.length, 20);
  assert.equal(state.failures[0]?.tag, "v10");
  assert.equal(state.failures.at(-1)?.tag, "v29");
});

Deno.test("the history keeps its 100 latest entries", () => {
  const state = numbers(150).map((n) => release(`v${n}`)).reduce(
    (state, deployed) => completeDeploy(state, deployed, 5),
    EMPTY_STATE,
  );
  assert.equal(state.history.length, 100);
  assert.equal(state.history[0]?.tag, "v50");
  assert.equal(state.history.at(-1)?.tag, "v149");
});

Deno.test("cancelDeploy() leaves no trace", () => {
  const state = completeDeploy(EMPTY_STATE, release("v1"), 5);
  assert.deepEqual(cancelDeploy(beginDeploy(state, intent("v2"))), state);
});

Deno.test("recordDigest() keeps the 50 that were written last", () => {
  const state = numbers(60).reduce(
    (state, n) => recordDigest(state, `k${n}`, `d${n}`),
    recordDigest(EMPTY_STATE, "again", "old"),
  );
  const renewed = recordDigest(recordDigest(state, "k10", "new"), "k60", "d60");
  assert.equal(Object.keys(renewed.digests).length, 50);
  assert.equal(renewed.digests["k10"], "new");
  assert.equal(renewed.digests["k60"], "d60");
  assert.equal(renewed.digests["k11"], undefined);
  assert.equal(renewed.digests["again"], undefined);
});

Deno.test("adoptRelease() takes a release as the one in service", () => {
  const state = adoptRelease(EMPTY_STATE, release("v1"));
  assert.deepEqual(state, { ...EMPTY_STATE, deployed: release("v1") });
});

function fail(state: State, failure: FailedRelease): State {
  return failDeploy(state, failure, { kind: "failed", durationMs: 3 });
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function release(tag: string): DeployedRelease {
  return { tag, key: `${tag}--app`, path: `/releases/${tag}`, at: 1 };
}

function intent(tag: string): DeployIntent {
  return {
    tag,
    key: `${tag}--app`,
    path: `/releases/${tag}`,
    previousPath: "/releases/v1",
    startedAt: 1,
  };
}

function failure(tag: string): FailedRelease {
  return {
    tag,
    key: `${tag}--app`,
    reason: "it is broken",
    quarantined: false,
    attempts: 1,
    lastAt: 1,
    retryAt: 2,
  };
}
