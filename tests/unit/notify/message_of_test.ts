import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import type { MessageContext } from "../../../src/notify/message.ts";
import { messageOf } from "../../../src/notify/message_of.ts";
import { plainText, slackText } from "../../../src/notify/rich_text.ts";
import { result, SAMPLES } from "../../support/sample_events.ts";

const SERVER: MessageContext = { command: "server", protocols: new Map() };
const CONTAINER: MessageContext = {
  command: "container",
  protocols: new Map([[8_000, "http"], [9_000, "tcp"]]),
};

/** Event, plain text, class, Slack text when it has markup. */
const TEXTS: readonly (readonly [
  event: DeployEvent,
  plain: string,
  kind: string,
  slack?: string | undefined,
  context?: MessageContext,
])[] = [
  [
    SAMPLES["started"],
    "Automatic shipping started by Dewy (v1.0.0: server)",
    "normal",
    "Automatic shipping started by *Dewy* (v1.0.0: server)",
  ],
  [
    { ...SAMPLES["artifact-downloaded"], tag: "v1.2.3" },
    "Downloaded artifact for v1.2.3",
    "normal",
    "Downloaded artifact for `v1.2.3`",
  ],
  [
    { ...SAMPLES["server-started"], restarted: false },
    "Server started for v2",
    "important",
    "Server started for `v2`",
  ],
  [SAMPLES["server-started"], "Server restarted for v2", "important"],
  [
    { ...SAMPLES["server-started"], ports: 0 },
    "Server restarted for v2 without port",
    "important",
    "Server restarted for `v2` without port",
  ],
  [
    { type: "restarted-by-signal", signal: "SIGUSR1" },
    "Restarted receiving by SIGUSR1 signal",
    "normal",
    "Restarted receiving by `SIGUSR1` signal",
  ],
  [
    SAMPLES["stopping"],
    "Stop receiving by terminated signal",
    "normal",
    "Stop receiving by `terminated` signal",
  ],
  [
    SAMPLES["deploy-started"],
    "Starting server deployment: v1 → v2",
    "normal",
  ],
  [
    { type: "deploy-started", tag: "v1", previous: undefined, reason: "first" },
    "Starting server deployment: v1 (first)",
    "normal",
  ],
  [
    {
      type: "deploy-started",
      tag: "v1.2.3",
      previous: "v1.2.2",
      reason: "newer than v1.2.2",
    },
    "Starting rolling update deployment: v1.2.2 → v1.2.3",
    "normal",
    "Starting rolling update deployment: `v1.2.2` → `v1.2.3`",
    CONTAINER,
  ],
  [
    { type: "deploy-succeeded", tag: "v2", durationMs: 15_012 },
    "Deployment completed successfully (total: 15s): v2",
    "important",
  ],
  [
    SAMPLES["image-pulled"],
    `Pulled image ghcr.io/a/web:v2 (digest: sha256:${"0".repeat(64)})`,
    "normal",
  ],
  [
    SAMPLES["container-starting"],
    "Starting new container 1/2: ghcr.io/a/web:v2",
    "normal",
  ],
  [
    SAMPLES["container-healthy"],
    "Container started with localhost-only port mapping (127.0.0.1:32768)\n" +
    "Health check passed for new container (200 OK, 45ms): web-1-0",
    "normal",
  ],
  [
    { ...SAMPLES["container-healthy"], answer: undefined },
    "Container started with localhost-only port mapping (127.0.0.1:32768)\n" +
    "Health check passed for new container (45ms): web-1-0",
    "normal",
  ],
  [
    SAMPLES["backend-added"],
    "Proxy backend updated to http://localhost:49152",
    "normal",
    undefined,
    CONTAINER,
  ],
  [
    { ...SAMPLES["backend-added"], port: 9_000 },
    "Proxy backend updated to tcp://localhost:49152",
    "normal",
    undefined,
    CONTAINER,
  ],
  [
    SAMPLES["containers-deployed"],
    "Container deployed successfully: 2/2 replicas of v2",
    "important",
    "Container deployed successfully: `2/2` replicas of `v2`",
  ],
  [
    { type: "images-removed", names: ["a", "b", "c"], kept: 7 },
    "Cleaned up 3 old images (kept last 7 versions)",
    "normal",
  ],
  [
    SAMPLES["rollback-started"],
    "Rolling back deployment: v2 → v1: its worker died 5 times in a row",
    "important",
  ],
  [
    SAMPLES["worker-died"],
    "The server ended unexpectedly (SIGSEGV) and is started again in 500ms",
    "important",
  ],
  [
    SAMPLES["container-gone"],
    "Container web-1-0 is gone, another one is started: it ended with exit code 3",
    "important",
  ],
  [
    {
      type: "operator-acted",
      action: "pin",
      door: "socket",
      result: "done",
      version: "v1",
    },
    "An operator asked for pin v1: done",
    "normal",
    "An operator asked for `pin` `v1`: done",
  ],
  [
    SAMPLES["registry-outage"],
    "The registry fails, and the last known versions are used: Cannot read the registry",
    "important",
  ],
  [
    { ...SAMPLES["registry-outage"], phase: "lasting" },
    "The registry has been failing since 2026-01-15T00:00:00.000Z: Cannot read the registry",
    "important",
  ],
  [
    { ...SAMPLES["registry-outage"], phase: "over" },
    "The registry works again",
    "important",
  ],
  [
    { ...SAMPLES["deploy-skipped"], notable: true },
    "Not deployed: v1 is deployed",
    "normal",
  ],
  [
    {
      ...SAMPLES["deploy-skipped"],
      notable: true,
      tag: "v2",
      reason: "outside of the deploy windows",
    },
    "v2 is not deployed: outside of the deploy windows",
    "normal",
  ],
  [SAMPLES["hook-finished"], "Before Deploy Hook SUCCESS", "hook"],
  [
    {
      type: "hook-finished",
      result: { ...result, when: "after", exitCode: 3 },
    },
    "After Deploy Hook FAILED (exit code 3)",
    "hook",
  ],
];

for (const [event, plain, kind, slack, context = SERVER] of TEXTS) {
  Deno.test(`messageOf() says "${plain.split("\n")[0]}"`, () => {
    const message = messageOf(event, context);
    assert.ok(message !== undefined);
    assert.equal(plainText(message.text), plain);
    assert.equal(message.kind, kind);
    if (slack !== undefined) assert.equal(slackText(message.text), slack);
  });
}

Deno.test("messageOf() has something to do for all that is wrong", () => {
  for (const event of Object.values(SAMPLES)) {
    const message = messageOf(event, SERVER);
    if (message === undefined || message.level === "info") continue;
    assert.ok(message.hint !== undefined, `"${event.type}" has no remedy`);
  }
});

Deno.test("messageOf() has something to do also where the error does not say", () => {
  for (const event of Object.values(SAMPLES)) {
    if (!("error" in event)) continue;
    const bare = { ...event, error: new Error("Odd") } as DeployEvent;
    const message = messageOf(bare, SERVER);
    if (message === undefined) continue;
    assert.ok(message.hint !== undefined, `"${event.type}" has no remedy`);
  }
});

Deno.test("messageOf() says no undefined, and nothing of what is no event", () => {
  for (const event of Object.values(SAMPLES)) {
    const message = messageOf(event, CONTAINER);
    if (message === undefined) continue;
    const text = plainText(message.text);
    assert.ok(!/undefined|null|NaN|\[object/.test(text), text);
  }
  for (const type of ["nonsense", "toString", "__proto__"]) {
    assert.equal(
      messageOf({ type } as unknown as DeployEvent, SERVER),
      undefined,
    );
  }
});

Deno.test("messageOf() leaves failures of notifiers to the log", () => {
  for (
    const type of [
      "notifier-unusable",
      "notification-failed",
      "notification-recovered",
      "notifications-dropped",
    ] as const
  ) {
    assert.equal(messageOf(SAMPLES[type], SERVER), undefined);
  }
});
