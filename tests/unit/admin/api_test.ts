import assert from "node:assert/strict";
import { OperationError } from "../../../src/supervisor/operations.ts";
import { AdminBench, TOKEN } from "../../support/admin_bench.ts";
import { eventually } from "../../support/eventually.ts";

Deno.test("readers share one question to the registry, who may act asks anew", async () => {
  await using bench = new AdminBench();
  const ask = async (headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(bench.url("/api/v1/plan"), { headers });
    assert.equal(response.status, 200);
    await response.body?.cancel();
  };
  await Promise.all(Array.from({ length: 20 }, () => ask()));
  assert.equal(bench.operations.plans, 1);
  await ask({ authorization: `Bearer ${TOKEN}` });
  assert.equal(bench.operations.plans, 2);
  bench.now += 30_001;
  await ask();
  assert.equal(bench.operations.plans, 3);
});

Deno.test("so many clients follow over TCP and no more", async () => {
  await using bench = new AdminBench();
  const leave = new AbortController();
  const follow = () =>
    fetch(bench.url("/api/v1/events"), { signal: leave.signal });
  for (let at = 0; at < 32; at++) await follow();
  await eventually(() => bench.events.followers === 32, {
    message: "32 clients follow",
  });
  const refused = await follow();
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "10");
  await refused.body?.cancel();
  leave.abort();
  await eventually(async () => {
    const leaveAgain = new AbortController();
    const { status } = await fetch(bench.url("/api/v1/events"), {
      signal: leaveAgain.signal,
    });
    leaveAgain.abort();
    return status === 200;
  }, { message: "there is room again" });
});

const REFUSALS = [
  ["conflict", 409],
  ["not-found", 404],
  ["invalid", 422],
  ["unavailable", 503],
] as const;
for (const [code, status] of REFUSALS) {
  Deno.test(`an action that is refused as ${code} is answered with ${status} and what to do`, async () => {
    await using bench = new AdminBench();
    const hint = "Do something else";
    bench.operations.refusal = new OperationError(code, "No", { hint });
    const response = await bench.act("restart");
    assert.equal(response.status, status);
    assert.deepEqual(await response.json(), {
      error: { code, message: "No", hint },
    });
    assert.deepEqual(bench.emitted, []);
  });
}

const ACTIONS = [
  ["deploy", {}, { kind: "deploy" }],
  ["deploy", { version: "v1.2.3" }, { kind: "deploy", version: "v1.2.3" }],
  ["rollback", { version: " v1 " }, { kind: "rollback", version: "v1" }],
  ["pin", { version: "v1.2.3" }, { kind: "pin", version: "v1.2.3" }],
  ["unpin", {}, { kind: "unpin" }],
  ["hold", { reason: "audit" }, { kind: "hold", reason: "audit" }],
  ["hold", { reason: null }, { kind: "hold" }],
  ["resume", {}, { kind: "resume" }],
  ["restart", {}, { kind: "restart" }],
] as const;
for (const [name, body, action] of ACTIONS) {
  Deno.test(`${name} with ${JSON.stringify(body)} is done`, async () => {
    await using bench = new AdminBench();
    const response = await bench.act(name, body);
    await response.body?.cancel();
    assert.equal(response.status, name === "hold" ? 200 : 202);
    assert.deepEqual(bench.operations.acted, [action]);
  });
}

const BAD_BODIES = [
  ["pin", {}],
  ["pin", { version: "" }],
  ["pin", { version: 1 }],
  ["pin", { version: "v1\u001b[2J" }],
  ["pin", { version: "v".repeat(501) }],
  ["deploy", { versions: "v1" }],
  ["deploy", ["v1"]],
  ["deploy", "v1"],
  ["deploy", null],
  ["unpin", { version: "v1" }],
  ["hold", { reason: { a: 1 } }],
] as const;
for (const [name, body] of BAD_BODIES) {
  const shown = JSON.stringify(body).slice(0, 40);
  Deno.test(`${name} with ${shown} is not understood`, async () => {
    await using bench = new AdminBench();
    const response = await bench.act(name, body);
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error.code, "invalid");
    assert.deepEqual(bench.operations.acted, []);
  });
}

Deno.test("containers are null where there are none to be had, and what fails is 500", async () => {
  await using files = new AdminBench();
  const none = await fetch(files.url("/api/containers"));
  assert.equal(none.headers.get("content-type"), "application/json");
  assert.equal(await none.text(), '{"containers":null}\n');
  await using broken = new AdminBench({
    api: { containers: () => Promise.reject(new Error("no engine")) },
  });
  const failed = await fetch(broken.url("/api/containers"));
  assert.equal(failed.status, 500);
  assert.equal(await failed.text(), "Internal server error\n");
});

Deno.test("the original's answers are the same, byte by byte", async () => {
  await using bench = new AdminBench();
  const status = await fetch(bench.url("/api/status"));
  assert.equal(
    await status.text(),
    '{"command":0,"current_version":"v1.2.3","is_running":true,"name":"web","proxy_backends":0}\n',
  );
  await using listing = new AdminBench({
    api: {
      containers: () =>
        Promise.resolve([{
          id: "4f2e",
          name: "web-1700000000-0",
          image: "ghcr.io/o/web:v1.2.3",
          status: "running",
          ip_port: "127.0.0.1:49152",
          started_at: "2025-01-15T01:30:00.123456789Z",
          deployed_at: "2025-01-15T10:30:00+09:00",
          labels: { "dewy.app": "web", "a.note": "<b> & é\u2028" },
        }]),
    },
  });
  const containers = await fetch(listing.url("/api/containers"));
  // Go's encoder writes these marks like that, and maps by their keys.
  assert.equal(
    await containers.text(),
    '{"containers":[{"id":"4f2e","name":"web-1700000000-0","image":"ghcr.io/o/web:v1.2.3",' +
      '"status":"running","ip_port":"127.0.0.1:49152","started_at":"2025-01-15T01:30:00.123456789Z",' +
      '"deployed_at":"2025-01-15T10:30:00+09:00","labels":{"a.note":"\\u003cb\\u003e \\u0026 é\\u2028","dewy.app":"web"}}]}\n',
  );
  for (const path of ["/api/status", "/api/containers"]) {
    const posted = await fetch(bench.url(path), { method: "POST" });
    assert.equal(posted.status, 405);
    assert.equal(await posted.text(), "Method not allowed\n");
  }
});

Deno.test("metrics are there with telemetry only", async () => {
  await using without = new AdminBench();
  const missing = await fetch(without.url("/metrics"));
  assert.equal(missing.status, 404);
  await missing.body?.cancel();
  const headers = { "content-type": "text/plain; version=0.0.4" };
  await using bench = new AdminBench({
    api: {
      metrics: () => Promise.resolve(new Response("up 1\n", { headers })),
    },
  });
  const response = await fetch(bench.url("/metrics"));
  assert.equal(response.headers.get("content-type"), headers["content-type"]);
  assert.equal(await response.text(), "up 1\n");
});
