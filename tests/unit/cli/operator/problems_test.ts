import assert from "node:assert/strict";
import { Fields } from "../../../../src/cli/operator/fields.ts";
import { problemsOf } from "../../../../src/cli/operator/problems.ts";

const HEALTHY = {
  command: "server",
  phase: "waiting",
  current: { version: "v1.0.0", since: "2026-01-15T12:00:00Z" },
  registry: { url: "file:///srv", failures: 0, error: null },
  waiting: [],
  failed: [{ version: "v0.9.0", reason: "old", attempts: 1 }],
  program: { pid: 7, running: true },
  hold: { since: "2026-01-15T12:00:00Z", reason: null },
  pin: { version: "v1.0.0" },
  replicas: [],
};
const CONTAINER = {
  ...HEALTHY,
  command: "container",
  program: null,
  replicas: [{ name: "web-0", healthy: true }],
};

const CASES: readonly (readonly [string, object, readonly string[]])[] = [
  ["a healthy server", HEALTHY, []],
  ["a healthy container", CONTAINER, []],
  ["assets", { ...HEALTHY, command: "assets", program: null }, []],
  ["an answer of another age", {}, []],
  ["a cooldown", {
    ...HEALTHY,
    waiting: [{ version: "v2.0.0", code: "cooldown", reason: "too young" }],
  }, []],
  ["a program that is down", {
    ...HEALTHY,
    program: { pid: null, running: false },
  }, ["The program does not run"]],
  ["a program that is being replaced", {
    ...HEALTHY,
    phase: "deploying",
    program: { pid: null, running: false },
  }, []],
  ["a host without a first version", {
    ...HEALTHY,
    current: null,
    program: { pid: null, running: false },
  }, ["Nothing is in service yet"]],
  ["a version that fails", {
    ...HEALTHY,
    waiting: [{ version: "v2.0.0", code: "failed-before", reason: "it\x1b[J" }],
  }, ["v2.0.0 cannot be deployed: it\\x1b[J"]],
  ["a registry that is away", {
    ...HEALTHY,
    registry: { failures: 3, error: "refused" },
  }, ["The registry failed 3 times in a row: refused"]],
  ["a sick replica", {
    ...CONTAINER,
    replicas: [{ name: "web-0", healthy: false }, {
      name: "web-1",
      healthy: true,
    }],
  }, ["Not healthy: web-0"]],
  ["a replica that is on its way in", {
    ...CONTAINER,
    phase: "deploying",
    replicas: [{ name: "web-1", healthy: false }],
  }, []],
  ["no replica", { ...CONTAINER, replicas: [] }, ["No replica serves"]],
];

for (const [name, status, expected] of CASES) {
  Deno.test(`problemsOf() looks at ${name}`, () => {
    assert.deepEqual(problemsOf(Fields.of(status)), expected);
  });
}
