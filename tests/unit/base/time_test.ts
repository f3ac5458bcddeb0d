import assert from "node:assert/strict";
import { backoffMs, delay, withDeadline } from "../../../src/base/time.ts";

const POLICY = { baseMs: 1_000, maxMs: 60_000 };

Deno.test("backoffMs() doubles from its base up to its limit", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 6, 7, 8, 1e6].map((failures) =>
      backoffMs(failures, POLICY, 0)
    ),
    [1_000, 1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000],
  );
});

Deno.test("backoffMs() takes off at most a quarter at random", () => {
  assert.equal(backoffMs(3, POLICY, 0.5), 3_500);
  for (let n = 0; n < 1_000; n++) {
    const pause = backoffMs(4, POLICY, Math.random());
    assert.ok(pause > 5_999 && pause <= 8_000, `${pause} ms is out of bounds`);
  }
});

Deno.test("delay() ends at once when it is aborted, before or during", async () => {
  const started = performance.now();
  await delay(60_000, AbortSignal.abort());
  const controller = new AbortController();
  const waiting = delay(60_000, controller.signal);
  controller.abort();
  await waiting;
  assert.ok(performance.now() - started < 5_000);
});

Deno.test("withDeadline() returns what the task returns and leaves no timer", async () => {
  const { signal } = new AbortController();
  const value = await withDeadline(
    { signal, ms: 60_000, onTimeout },
    () => Promise.resolve(7),
  );
  assert.equal(value, 7);
});

Deno.test("withDeadline() rejects with the task's own error", async () => {
  const { signal } = new AbortController();
  await assert.rejects(
    withDeadline(
      { signal, ms: 60_000, onTimeout },
      () => Promise.reject(new Error("Own failure")),
    ),
    { message: "Own failure" },
  );
});

Deno.test("withDeadline() waits for a task that tidies up after the deadline", async () => {
  const { signal } = new AbortController();
  let tidied = false;
  await assert.rejects(
    withDeadline({ signal, ms: 10, onTimeout }, async (inner) => {
      await delay(60_000, inner);
      await delay(30, signal);
      tidied = true;
      inner.throwIfAborted();
    }),
    { message: "Too late" },
  );
  assert.ok(tidied);
});

Deno.test("withDeadline() leaves a task that hangs when it may be abandoned", async () => {
  const { signal } = new AbortController();
  const hanging = Promise.withResolvers<void>();
  await assert.rejects(
    withDeadline(
      { signal, ms: 10, onTimeout, abandon: true },
      () => hanging.promise,
    ),
    { message: "Too late" },
  );
  // What it does later is nobody's failure.
  hanging.reject(new Error("Much later"));
});

Deno.test("withDeadline() passes on an abort from outside with its reason", async () => {
  const controller = new AbortController();
  const running = withDeadline(
    { signal: controller.signal, ms: 60_000, onTimeout, abandon: true },
    () => new Promise(() => {}),
  );
  controller.abort(new Error("Stopped by hand"));
  await assert.rejects(running, { message: "Stopped by hand" });
});

Deno.test("withDeadline() does not begin when it is aborted already", async () => {
  let begun = false;
  await assert.rejects(
    withDeadline(
      { signal: AbortSignal.abort(new Error("Over")), ms: 60_000, onTimeout },
      () => {
        begun = true;
        return Promise.resolve();
      },
    ),
    { message: "Over" },
  );
  assert.ok(!begun);
});

function onTimeout(): Error {
  return new Error("Too late");
}
