import assert from "node:assert/strict";
import { acceptAll } from "../../../src/proxy/tcp/acceptor.ts";
import { EventThrottle, type TcpEvent } from "../../../src/proxy/tcp/event.ts";
import {
  FilePressure,
  isOutOfFiles,
} from "../../../src/proxy/tcp/file_pressure.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** What `accept` throws when there is no descriptor left. */
function outOfFiles(): Error {
  return Object.assign(new Error("Too many open files (os error 24)"), {
    code: "EMFILE",
  });
}

/** A loop whose listener fails each time, as `failure` says. */
function startLoop(clock: VirtualClock, failure: (attempt: number) => Error) {
  const events: TcpEvent[] = [];
  const stop = new AbortController();
  let attempts = 0;
  const pressure = new FilePressure(
    clock,
    new EventThrottle(clock, (event) => events.push(event)),
  );
  using real = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listener = new Proxy(real, {
    get: (target, key) =>
      key === "accept"
        ? () => Promise.reject(failure(attempts++))
        : Reflect.get(target, key),
  });
  const done = acceptAll({
    listener,
    pressure,
    signal: stop.signal,
    serve: () => assert.fail("Nothing was accepted"),
  });
  return { events, stop, done, pressure, attempts: () => attempts };
}

Deno.test("accepting slows down while no descriptor is left, and tells it once a minute", async () => {
  const clock = new VirtualClock();
  const loop = startLoop(clock, outOfFiles);
  await clock.run(59_000);
  assert.ok(loop.attempts() > 55, `${loop.attempts()} attempts`);
  assert.ok(loop.attempts() < 100, `${loop.attempts()} attempts`);
  assert.deepEqual(loop.events.map(({ kind }) => kind), ["accept-failed"]);
  await clock.run(61_000);
  assert.equal(loop.events.length, 2);
  loop.stop.abort();
  await loop.done;
});

Deno.test("accepting goes on at once after a client that went away in the queue", async () => {
  const clock = new VirtualClock();
  const loop = startLoop(
    clock,
    (attempt) =>
      attempt < 1_000
        ? new Deno.errors.ConnectionAborted("Software caused connection abort")
        : new Deno.errors.BadResource("Listener has been closed"),
  );
  await loop.done;
  assert.equal(loop.attempts(), 1_001);
  assert.deepEqual(loop.events, []);
});

Deno.test("isOutOfFiles() knows a shortage of this host from the fault of another", () => {
  assert.ok(isOutOfFiles(outOfFiles()));
  assert.ok(!isOutOfFiles(new Deno.errors.ConnectionRefused("refused")));
});

Deno.test("events are told once a minute, each backend for itself", async () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const events = new EventThrottle(
    clock,
    (event) =>
      told.push(
        event.kind === "connect-failed" ? event.backend.id : event.kind,
      ),
  );
  const fail = (id: string) =>
    events.tell({
      kind: "connect-failed",
      backend: { id, hostname: "127.0.0.1", port: 1, state: "ready" },
      error: new Error("refused"),
    });
  for (const id of ["a", "a", "b"]) fail(id);
  events.tell({ kind: "no-backend" });
  events.tell({ kind: "no-backend" });
  assert.deepEqual(told.splice(0), ["a", "b", "no-backend"]);
  await clock.run(60_000);
  fail("a");
  assert.deepEqual(told, ["a"]);
});
