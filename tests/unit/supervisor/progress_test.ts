import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import { Progress } from "../../../src/supervisor/progress.ts";

const RESULT = {
  command: "true",
  stdout: "",
  stderr: "",
  exitCode: 0,
  durationMs: 1,
  timedOut: false,
};
const CACHED = {
  key: "k",
  path: "/p",
  bytes: 1,
  sha256: "x",
  fromCache: false,
};

Deno.test("Progress follows a deploy of files with hooks", () => {
  const steps = follow({ before: true, after: true }, [
    { type: "deploy-started", tag: "v1", previous: undefined, reason: "" },
    { type: "artifact-cached", tag: "v1", ...CACHED },
    { type: "artifact-downloaded", tag: "v1" },
    { type: "hook-finished", result: { when: "before", ...RESULT } },
    {
      type: "archive-extracted",
      ...{ path: "/p", entries: 1, bytes: 1, durationMs: 1 },
    },
    { type: "link-created", from: "/a", to: "/b" },
    { type: "hook-finished", result: { when: "after", ...RESULT } },
    { type: "server-restarting", tag: "v1", pid: 1 },
    { type: "deploy-succeeded", tag: "v1", durationMs: 1 },
  ]);
  assert.deepEqual(steps, [
    "download",
    "verify",
    "hook",
    "unpack",
    "activate",
    "hook",
    "start",
    "start",
    undefined,
  ]);
});

Deno.test("Progress follows a roll-out", () => {
  const healthy = { addresses: [], check: "tcp://a:1", tookMs: 1 };
  const steps = follow({ before: false, after: false }, [
    { type: "deploy-started", tag: "v1", previous: undefined, reason: "" },
    { type: "image-pulled", tag: "v1", image: "i" },
    { type: "container-starting", image: "i", replica: 0, total: 2 },
    { type: "container-healthy", name: "a", ...healthy },
    { type: "container-starting", image: "i", replica: 1, total: 2 },
    { type: "container-healthy", name: "b", ...healthy },
    { type: "deploy-cancelled", tag: "v1" },
    { type: "container-starting", image: "i", replica: 1, total: 2 },
  ]);
  assert.deepEqual(steps, [
    "download",
    "start",
    "health",
    "health",
    "health",
    "replace",
    undefined,
    undefined,
  ]);
});

Deno.test("Progress counts starts and deaths of the program", () => {
  const progress = new Progress({ before: false, after: false }, () => 0);
  assert.deepEqual([progress.generation, progress.restarts], [0, 0]);
  progress.take({ type: "worker-started", pid: 1, generation: 1 });
  progress.take({
    type: "worker-died",
    ...{ pid: 1, generation: 1, respawnInMs: 1, deaths: 1 },
    exit: { code: 1, signal: null },
  });
  progress.take({ type: "worker-started", pid: 2, generation: 2 });
  const { generation, restarts, deaths } = progress;
  assert.deepEqual([generation, restarts, deaths], [2, 1, 1]);
});

/** Returns the step after each event. */
function follow(
  hooks: { readonly before: boolean; readonly after: boolean },
  events: readonly DeployEvent[],
): readonly (string | undefined)[] {
  const progress = new Progress(hooks, () => 7);
  return events.map((event) => {
    progress.take(event);
    return progress.deploying?.step;
  });
}
