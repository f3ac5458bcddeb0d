import assert from "node:assert/strict";
import type { Action } from "../../../src/supervisor/decide.ts";
import { planOf } from "../../../src/supervisor/plan.ts";
import { EMPTY_STATE } from "../../../src/supervisor/state.ts";

const WAITS: Action = {
  kind: "skip",
  code: "failed-before",
  reason: "v1.2.0 failed 1 time",
  tag: "v1.2.0",
};

Deno.test("planOf() compares each version with what keeps it out", () => {
  const survey = ["v1.2.0", "v1.1.0", "v1.0.0", "v0.9.0"].map((tag) =>
    ({ tag, verdict: "offered", reason: "it is complete" }) as const
  );
  const deployed = { tag: "v1.0.0", key: "v1.0.0--app", path: "/x", at: 0 };
  const { versions } = planOf({
    choice: {
      action: WAITS,
      latest: undefined,
      recalled: undefined,
      waiting: [{
        ...{ version: "v1.2.0", code: "failed-before" },
        ...{ until: 1, reason: "v1.2.0 failed 1 time" },
      }],
    },
    survey,
    state: { ...EMPTY_STATE, deployed },
    askedAt: 0,
  });
  assert.deepEqual(
    versions.map(({ version, verdict, reason }) => [version, verdict, reason]),
    [
      ["v1.2.0", "waiting", "v1.2.0 failed 1 time"],
      ["v1.1.0", "older", "older than v1.2.0"],
      ["v1.0.0", "current", "it is in service"],
      ["v0.9.0", "older", "older than v1.0.0"],
    ],
  );
});
