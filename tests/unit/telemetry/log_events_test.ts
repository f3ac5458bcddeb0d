import assert from "node:assert/strict";
import { FilesystemError } from "../../../src/base/errors.ts";
import type { DeployEvent } from "../../../src/base/event.ts";
import { linesOf } from "../../../src/telemetry/log_events.ts";
import { formatJson, formatText } from "../../../src/telemetry/log_format.ts";
import { error, result, SAMPLES } from "../../support/sample_events.ts";

for (const event of Object.values(SAMPLES)) {
  Deno.test(`linesOf() writes "${event.type}" so that it can be read`, () => {
    const lines = linesOf(event);
    assert.ok(lines.length > 0, "it has no line");
    for (const [level, message, fields = {}] of lines) {
      assert.match(message, /^[A-Z].*[^.]$/);
      const line = { time: 0, level, message, fields };
      const text = formatText(line);
      assert.ok(!/undefined|null|NaN|\[object/.test(text), text);
      assert.ok(!text.includes("\n"));
      JSON.parse(formatJson(line));
    }
  });
}

Deno.test("linesOf() has nothing to say of what is no event", () => {
  for (const type of ["nonsense", "toString", "__proto__"]) {
    assert.deepEqual(linesOf({ type } as unknown as DeployEvent), []);
  }
});

Deno.test("linesOf() tells an error with its causes and what to do", () => {
  assert.deepEqual(linesOf(SAMPLES["deploy-failed"]), [[
    "error",
    "Deploy failed",
    {
      tag: "v2",
      error: "Cannot read the registry: No route to host",
      hint: "Check the network",
      restored_to: "v1",
      attempts: 1,
      retry_at: "2026-01-15T12:05:00.000Z",
    },
  ]]);
});

Deno.test("linesOf() does not repeat a cause that the message quotes", () => {
  const cause = new Error("unexpected end of file");
  const error = new FilesystemError(`Cannot read it: ${cause.message}`, {
    cause,
  });
  const [line] = linesOf({ type: "restart-failed", error });
  assert.equal(line?.[2]?.["error"], "Cannot read it: unexpected end of file");
});

Deno.test("linesOf() tells a failed hook with its output and its exit code", () => {
  for (const when of ["before", "after"] as const) {
    const lines = linesOf({
      type: "hook-finished",
      result: { ...result, when, exitCode: 3, stderr: "No database" },
    });
    assert.deepEqual(lines.map(([level, message]) => [level, message]), [
      ["info", "Execute hook failed"],
      [
        "error",
        when === "before"
          ? "Before deploy hook failure"
          : "After deploy hook failure",
      ],
    ]);
    assert.equal(lines[0]?.[2]?.["stderr"], "No database");
    assert.equal(lines[1]?.[2]?.["error"], "exit status 3");
  }
});

Deno.test("linesOf() tells a hook that the time limit ended from one that failed", () => {
  const lines = linesOf({
    type: "hook-finished",
    result: { ...result, exitCode: -1, timedOut: true, durationMs: 600_000 },
  });
  assert.equal(
    lines[1]?.[2]?.["error"],
    "time limit passed after 10m0s, killed with all it started",
  );
});

Deno.test("linesOf() counts failed ticks from the fourth on", () => {
  const messages = [1, 3, 4].map((failures) =>
    linesOf({ type: "tick-failed", error, failures })
      .map(([, message]) => message)
  );
  assert.deepEqual(messages, [
    ["Dewy run failure"],
    ["Dewy run failure"],
    ["Dewy run failure", "Error count"],
  ]);
});

Deno.test("linesOf() is louder the first time something is worth knowing", () => {
  const levelOf = (event: DeployEvent) => linesOf(event)[0]?.[0];
  const hintOf = (event: DeployEvent) => linesOf(event)[0]?.[2]?.["hint"];
  const skipped = SAMPLES["deploy-skipped"];
  assert.equal(levelOf(skipped), "debug");
  assert.equal(levelOf({ ...skipped, notable: true }), "warn");
  const report = SAMPLES["report-failed"];
  assert.equal(levelOf(report), "warn");
  assert.equal(levelOf({ ...report, first: false }), "debug");
  const incomplete = SAMPLES["version-incomplete"];
  assert.equal(levelOf(incomplete), "error");
  assert.equal(levelOf({ ...incomplete, notable: false }), "debug");
  assert.match(String(hintOf(incomplete)), /^Publish the artifact/);
  const reason = 'permission denied: let the user dewy runs as read "v2"';
  assert.equal(hintOf({ ...incomplete, reason }), undefined);
  assert.equal(levelOf({ ...incomplete, withinGrace: true }), "debug");
});

Deno.test("linesOf() tells of the proxy in the words that log readers know", () => {
  assert.deepEqual(
    [
      ...linesOf(SAMPLES["proxies-started"]),
      ...linesOf(SAMPLES["backend-added"]),
      ...linesOf(SAMPLES["backend-removed"]),
    ],
    [
      ["info", "All TCP proxies started successfully", { count: 2 }],
      ["info", "Backend added to TCP proxy", {
        proxy_port: 8_000,
        backend_host: "127.0.0.1",
        backend_port: 49_152,
        total_backends: 2,
      }],
      ["info", "Backend removed from TCP proxy", {
        proxy_port: 8_000,
        backend_host: "127.0.0.1",
        backend_port: 49_152,
        remaining_backends: 1,
      }],
    ],
  );
});

Deno.test("linesOf() writes as text what the original's own tests look for", () => {
  const texts = [
    SAMPLES["proxy-started"],
    SAMPLES["proxies-started"],
    SAMPLES["container-starting"],
    SAMPLES["backend-added"],
    SAMPLES["backend-removed"],
  ].flatMap((event) =>
    linesOf(event).map(([level, message, fields = {}]) =>
      formatText({ time: 0, level, message, fields })
    )
  );
  const wanted = [
    /level=INFO msg="TCP proxy started" proxy_port=8000/,
    /level=INFO msg="All TCP proxies started successfully" count=2$/,
    /level=INFO msg="Starting new container" image=ghcr\.io\/a\/web:v2 replica=0 total=2$/,
    /level=INFO msg="Backend added to TCP proxy" proxy_port=8000 backend_host=127\.0\.0\.1 backend_port=49152 total_backends=2$/,
    /level=INFO msg="Backend removed from TCP proxy" .*remaining_backends=1$/,
  ];
  assert.equal(texts.length, wanted.length);
  for (const [index, pattern] of wanted.entries()) {
    assert.match(texts[index] ?? "", pattern);
  }
});

Deno.test("linesOf() tells a roll-out in the words of the original's guide", () => {
  const told = ([
    "image-pulling",
    "image-pulled",
    "image-pull-failed",
    "roll-out-started",
    "container-started",
    "container-healthy",
    "container-unhealthy",
    "container-in-service",
    "container-retiring",
    "container-start-failed",
    "roll-out-taken-back",
    "container-removing",
    "containers-deployed",
    "images-cleaning",
    "images-removed",
  ] as const).flatMap((type) =>
    linesOf(SAMPLES[type]).map(([level, message, fields = {}]) =>
      `${level} ${message}: ${Object.keys(fields).join(" ")}`
    )
  );
  assert.deepEqual(told, [
    "info Pulling new image: image",
    "info Image pull complete: digest",
    "info Image pull notification: message image",
    "error Image pull failed: image error hint",
    "info Starting container deployment: replicas",
    "info Found existing containers: count",
    "info Container started: container mapped_port",
    "info Health checking new container: container url",
    "info Health check passed: name url status duration",
    "error Health check failed: name error attempts",
    "info Container added to load balancer: container backend_count",
    "info Stopping old container gracefully: container",
    "error Container start failed: error hint",
    "info Rolling back deployment: count",
    "info Removing failed container: container",
    "info Container deployment completed: tag count total new_containers removed_containers",
    "info Cleaning up old images: repository",
    "info Removed 1 old images: kept names",
  ]);
});
