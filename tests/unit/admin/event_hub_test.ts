import assert from "node:assert/strict";
import process from "node:process";
import { EventHub, RING_SIZE } from "../../../src/admin/event_hub.ts";
import { AdminBench, TOKEN } from "../../support/admin_bench.ts";
import { eventually } from "../../support/eventually.ts";

const hub = (heartbeatMs = 60_000) =>
  new EventHub({
    redact: (text) => text.replaceAll("s3cret", "***"),
    now: () => Date.UTC(2026, 0, 1),
    heartbeatMs,
  });
const never = new AbortController().signal;

/** Takes chunks until one matches. */
async function until(
  chunks: AsyncGenerator<string>,
  pattern: RegExp,
): Promise<string[]> {
  const taken: string[] = [];
  for (let at = 0; at < 2 * RING_SIZE; at++) {
    const { value, done } = await chunks.next();
    if (done) break;
    taken.push(value);
    if (pattern.test(value)) return taken;
  }
  assert.fail(`No ${pattern} in ${taken.length} chunks`);
}

const succeed = (events: EventHub, tag: string) =>
  events.take({ type: "deploy-succeeded", tag, durationMs: 1500 });

const follow = (events: EventHub, after?: number, isTrusted = false) =>
  events.follow({ after, isTrusted, signal: never });

Deno.test("an event comes as the log has it, times in milliseconds", async () => {
  const events = hub();
  await using chunks = follow(events);
  await chunks.next();
  succeed(events, "v1.2.3");
  const { value = "" } = await chunks.next();
  const [id, event, data] = value.trimEnd().split("\n");
  assert.match(id ?? "", /^id: \d+$/);
  assert.equal(event, "event: deploy-succeeded");
  assert.deepEqual(JSON.parse((data ?? "").slice("data: ".length)), {
    at: "2026-01-01T00:00:00.000Z",
    type: "deploy-succeeded",
    level: "info",
    message: "Deployment completed successfully",
    tag: "v1.2.3",
    duration_ms: 1500,
  });
});

Deno.test("values named as what every record has keep their place, and secrets are masked", async () => {
  const events = hub();
  await using chunks = follow(events);
  await chunks.next();
  events.take({ type: "stopping", signal: "s3cret\ndata: forged" });
  const { value = "" } = await chunks.next();
  assert.equal(value.split("\n").length, 5);
  assert.match(value, /"message":"Shutdown notification"/);
  assert.match(
    value,
    /"message_text":"Stop receiving by `\*\*\*\\ndata: forged/,
  );
});

Deno.test("what the log shows at debug only is left out", async () => {
  const events = hub();
  await using chunks = follow(events);
  await chunks.next();
  events.take({ type: "report-sent", tag: "v1.0.0" });
  succeed(events, "v2.0.0");
  assert.match((await chunks.next()).value ?? "", /v2\.0\.0/);
});

Deno.test("who comes back gets what was missed, once and in order", async () => {
  const events = hub();
  await using first = follow(events);
  await first.next();
  for (let at = 0; at < 5; at++) succeed(events, `v1.0.${at}`);
  const seen = await until(first, /v1\.0\.1/);
  const [, id] = /^id: (\d+)$/m.exec(seen.at(-1) ?? "") ?? [];
  await using again = follow(events, Number(id));
  await again.next();
  const missed = await until(again, /v1\.0\.4/);
  assert.deepEqual(
    missed.map((chunk) => /v1\.0\.\d/.exec(chunk)?.[0]),
    ["v1.0.2", "v1.0.3", "v1.0.4"],
  );
});

Deno.test("so many records are kept and no more", async () => {
  const events = hub();
  for (let at = 0; at < RING_SIZE + 50; at++) succeed(events, `v1.0.${at}`);
  await using chunks = follow(events, 0);
  await chunks.next();
  const all = await until(chunks, /v1\.0\.549/);
  assert.equal(all.length, RING_SIZE);
  assert.match(all[0] ?? "", /v1\.0\.50"/);
});

Deno.test("numbers grow from one start of dewy to the next", async () => {
  const events = hub();
  succeed(events, "v1.0.0");
  await using chunks = follow(events, 0);
  await chunks.next();
  const { value = "" } = await chunks.next();
  const [, id] = /^id: (\d+)/.exec(value) ?? [];
  assert.equal(Number(id), Date.UTC(2026, 0, 1) * 1000 + 1);
  assert.ok(Number.isSafeInteger(Number(id)));
});

Deno.test("a client that takes nothing is given up", async () => {
  const events = hub();
  const chunks = follow(events);
  await chunks.next();
  for (let at = 0; at < 400; at++) succeed(events, `v1.0.${at}`);
  let taken = 0;
  for await (const _ of chunks) taken++;
  assert.ok(taken <= 201, `${taken} were kept for it`);
  assert.equal(events.followers, 0);
});

Deno.test("a comment comes now and then", async () => {
  const events = hub(10);
  await using chunks = follow(events);
  await chunks.next();
  assert.match((await chunks.next()).value ?? "", /^: /);
});

const HOOK = {
  type: "hook-finished",
  result: {
    when: "before",
    command: "migrate",
    stdout: "42 rows",
    stderr: "",
    exitCode: 0,
    durationMs: 5,
    timedOut: false,
  },
} as const;

Deno.test("what commands print is for those who may act", async () => {
  await using bench = new AdminBench();
  const read = async (headers: Readonly<Record<string, string>>) => {
    await eventually(() => bench.events.followers === 0, {
      message: "those who left are forgotten",
    });
    const leave = new AbortController();
    const response = await fetch(bench.url("/api/v1/events"), {
      headers,
      signal: leave.signal,
    });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    await eventually(() => bench.events.followers === 1, {
      message: "it follows",
    });
    bench.events.take(HOOK);
    let text = "";
    const body = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
    for await (const chunk of body) {
      text += chunk;
      if (text.includes("Execute hook")) break;
    }
    leave.abort();
    return text;
  };
  const anybody = await read({});
  assert.match(anybody, /Execute hook/);
  assert.doesNotMatch(anybody, /42 rows|migrate/);
  assert.match(await read({ authorization: `Bearer ${TOKEN}` }), /42 rows/);
});

Deno.test("a client that stops reading is cut off, and the others go on", async () => {
  await using bench = new AdminBench({ limits: { takeMs: 300 } });
  using slow = await Deno.connect({ port: bench.port });
  await slow.write(
    new TextEncoder().encode(
      "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ),
  );
  await eventually(() => bench.events.followers === 1, {
    message: "it follows",
  });
  const reason = "x".repeat(50_000);
  await eventually(() => {
    bench.events.take({ type: "setting-unavailable", message: reason });
    return bench.events.followers === 0;
  }, { message: "it is given up" });
  const response = await fetch(bench.url("/api/status"));
  assert.equal(response.status, 200);
  await response.body?.cancel();
  assert.deepEqual(bench.defects, []);
});

Deno.test({
  name: "nothing waits for a client that left its stream",
  // A timer that is left would keep a dewy alive that has stopped.
  sanitizeOps: true,
  async fn() {
    await using bench = new AdminBench();
    const leave = new AbortController();
    const { signal } = leave;
    await fetch(bench.url("/api/v1/events"), { signal });
    await eventually(() => bench.events.followers === 1, {
      message: "it follows",
    });
    leave.abort();
    await eventually(() => bench.events.followers === 0, {
      message: "it is forgotten",
    });
  },
});

Deno.test("a client that reads slowly, but reads, keeps its stream", async () => {
  await using bench = new AdminBench({ limits: { takeMs: 5_000 } });
  const warned: unknown[] = [];
  const onWarning = (warning: Error) => warned.push(warning.message);
  process.on("warning", onWarning);
  const response = await fetch(bench.url("/api/v1/events"));
  await eventually(() => bench.events.followers === 1, {
    message: "it follows",
  });
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  const message = "x".repeat(100_000);
  let taken = 0;
  for (let round = 1; round <= 20; round++) {
    for (let at = 0; at < 20; at++) {
      bench.events.take({ type: "setting-unavailable", message });
    }
    while (taken < round * 20 * message.length) {
      const { value } = await reader.read();
      taken += value?.length ?? 0;
    }
  }
  assert.equal(bench.events.followers, 1);
  await reader.cancel();
  process.off("warning", onWarning);
  assert.deepEqual(warned, []);
});
