import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import type { Action } from "../../../src/supervisor/decide.ts";
import { DecisionTeller } from "../../../src/supervisor/decision_teller.ts";

type Skip = Action & { kind: "skip" };

function skip(code: Skip["code"], reason: string, tag?: string): Skip {
  return { kind: "skip", code, reason, ...(tag === undefined ? {} : { tag }) };
}

/** Returns the teller, and what tells it of skips and returns how many of them are told to people. */
function listen() {
  const events: DeployEvent[] = [];
  const teller = new DecisionTeller((event) => events.push(event));
  const told = (...skips: readonly Skip[]) => {
    events.splice(0);
    for (const one of skips) teller.skipped(one);
    return events.filter((event) =>
      event.type === "deploy-skipped" && event.notable
    ).length;
  };
  return { teller, told };
}

Deno.test("DecisionTeller tells once what a version waits for, however the words change", () => {
  const { told } = listen();
  for (let minute = 0; minute < 10; minute++) {
    const until =
      `v2 was first seen less than 2h0m0s ago; deployed after 12:0${minute}`;
    assert.equal(told(skip("cooldown", until, "v2")), minute === 0 ? 1 : 0);
  }
  assert.equal(told(skip("window", "outside of the deploy windows", "v2")), 1);
  assert.equal(told(skip("window", "outside of the deploy windows", "v3")), 1);
  assert.equal(told(skip("up-to-date", "v1 is deployed", "v1")), 0);
  assert.equal(told(skip("window", "outside of the deploy windows", "v3")), 0);
});

Deno.test("DecisionTeller tells each failure of a version, and each reason of a hold", () => {
  const { told } = listen();
  assert.equal(told(skip("failed-before", "v2 failed 1 time", "v2")), 1);
  assert.equal(told(skip("failed-before", "v2 failed 1 time", "v2")), 0);
  assert.equal(told(skip("hold", "on hold: a", "v2")), 1);
  assert.equal(told(skip("hold", "on hold: b", "v2")), 1);
  assert.equal(told(skip("hold", "on hold: b", "v2")), 0);
});

Deno.test("DecisionTeller tells again after a deploy, and forgets what is long ago", () => {
  const { teller, told } = listen();
  const waiting = skip("window", "outside of the deploy windows", "v2");
  assert.equal(told(waiting, waiting), 1);
  teller.deploys();
  assert.equal(told(waiting, waiting), 1);
  const others = Array.from(
    { length: 500 },
    (_, index) => skip("window", "outside", `v3.${index}`),
  );
  assert.equal(told(...others), 500);
  assert.equal(told(waiting), 1);
});
