import assert from "node:assert/strict";
import {
  type RawContainerDetails,
  toContainerDetails,
} from "../../../src/client/engine_containers.ts";
import { conditionOf } from "../../../src/container/condition.ts";

const ENDED = "2026-01-01T00:00:00.5Z";
const NOW = Date.parse("2026-01-01T00:00:02Z");
const ROUTES = [{ proxy: 8000, container: 8080 }];

type State = NonNullable<RawContainerDetails["State"]>;
type Policy = { readonly Name: string; readonly MaximumRetryCount?: number };

function conditionWith(State: State, policy?: Policy, RestartCount = 0) {
  const details = toContainerDetails({
    Id: "x",
    State: { FinishedAt: ENDED, ...State },
    RestartCount,
    ...(policy === undefined ? {} : { HostConfig: { RestartPolicy: policy } }),
    NetworkSettings: {
      Ports: {
        "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "32768" }],
        "8080/udp": [{ HostIp: "127.0.0.1", HostPort: "32769" }],
      },
    },
  });
  return conditionOf(details, ROUTES, NOW);
}

Deno.test("conditionOf() says where a container that runs is reached", () => {
  const address = { hostname: "127.0.0.1", port: 32768 };
  assert.deepEqual(conditionWith({ Status: "running" }), {
    kind: "running",
    addresses: new Map([[8000, address]]),
  });
});

const exited = { Status: "exited", ExitCode: 3 };
const cases: readonly (readonly [State, Policy | undefined, number, string])[] =
  [
    [{ Status: "paused" }, undefined, 0, "suspended: it is paused"],
    [exited, undefined, 0, "gone: it ended with exit code 3"],
    [exited, { Name: "no" }, 0, "gone: it ended with exit code 3"],
    [
      { Status: "exited", ExitCode: 137, OOMKilled: true },
      undefined,
      0,
      "gone: it ran out of memory (--memory)",
    ],
    [
      { Status: "restarting", ExitCode: 3 },
      { Name: "always" },
      0,
      "suspended: it ended with exit code 3, and the engine starts it again",
    ],
    [
      exited,
      { Name: "on-failure", MaximumRetryCount: 2 },
      1,
      "suspended: it ended with exit code 3, and the engine starts it again",
    ],
    [
      exited,
      { Name: "on-failure", MaximumRetryCount: 2 },
      2,
      "gone: it ended with exit code 3",
    ],
    [
      { Status: "exited", ExitCode: 0 },
      { Name: "on-failure" },
      0,
      "gone: it ended with exit code 0",
    ],
    [
      { ...exited, FinishedAt: "2025-12-31T23:59:00Z" },
      { Name: "unless-stopped" },
      0,
      "gone: it ended with exit code 3",
    ],
    [{ Status: "created" }, undefined, 0, "gone: it was not started"],
  ];

for (const [state, policy, restarts, expected] of cases) {
  const given = JSON.stringify({ ...state, policy, restarts });
  Deno.test(`conditionOf() takes ${given} for ${expected}`, () => {
    const condition = conditionWith(state, policy, restarts);
    assert.ok(condition.kind !== "running");
    assert.equal(`${condition.kind}: ${condition.reason}`, expected);
  });
}

Deno.test("conditionOf() takes one that is not there for gone", () => {
  const reason = "it was removed";
  assert.deepEqual(conditionOf(undefined, ROUTES, NOW), {
    kind: "gone",
    reason,
  });
});
