import { equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import { delay } from "../support/delay.ts";
import { type Fault, FaultServer } from "../support/fault_server.ts";
import { isSourceError, type Test } from "./object_store_suite.ts";

const NEVER = new AbortController().signal;
const TEXT = { contentType: "text/plain", signal: NEVER };

/** Tests that nothing outlives an abort. */
export function testAborts(test: Test): void {
  test("nothing is asked after an abort", async ({ store }) => {
    const reason = new Error("stopped");
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown) => error === reason;
    const bytes = new Uint8Array();
    await rejects(store.listFolders("", signal), isReason);
    await rejects(store.listObjects("", signal), isReason);
    await rejects(store.open("key", signal), isReason);
    await rejects(store.readText("key", signal), isReason);
    await rejects(store.write("key", bytes, { ...TEXT, signal }), isReason);
    await rejects(store.remove("key", signal), isReason);
    equal(await store.readText("key", NEVER), undefined);
  });
  test("an abort ends what hangs", async ({ at }) => {
    await using server = await FaultServer.start("hang");
    const store = at(server.url);
    const controller = new AbortController();
    const reason = new Error("stopped");
    const { signal } = controller;
    const hanging = Promise.allSettled([
      store.listFolders("", signal),
      store.open("key", signal),
      store.readText("key", signal),
      store.write("key", new Uint8Array(1), { ...TEXT, signal }),
      store.remove("key", signal),
    ]);
    await server.asked(5);
    const before = Date.now();
    controller.abort(reason);
    const results = await hanging;
    ok(Date.now() - before < 1000);
    ok(
      results.every((r) => r.status === "rejected" && r.reason === reason),
      JSON.stringify(results),
    );
  });
  test("an abort ends a stream", async ({ at }) => {
    await using server = await FaultServer.start("stall");
    const controller = new AbortController();
    const { stream } = await at(server.url).open("key", controller.signal);
    const reader = stream.getReader();
    const reason = new Error("stopped");
    const reading = reader.read();
    await delay(50);
    controller.abort(reason);
    await rejects(reading, (error) => error === reason);
  });
}

/** Tests what is made of services that fail. */
export function testFaults(test: Test): void {
  test("an address that does not answer is told", async ({ at }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const url = `http://127.0.0.1:${port}`;
    await rejects(at(url).listFolders("", NEVER), (error) => {
      ok(isSourceError("unavailable")(error), String(error));
      return error instanceof SourceError && (error.hint ?? "").includes(url);
    });
  });
  const codes: readonly (readonly [Fault, string])[] = [
    ["500", "unavailable"],
    ["429", "unavailable"],
    ["403", "denied"],
    ["reset", "unavailable"],
    ["junk", "invalid"],
  ];
  for (const [fault, code] of codes) {
    test(`the fault "${fault}" is ${code}`, async ({ at }) => {
      await using server = await FaultServer.start(fault);
      await rejects(at(server.url).listFolders("", NEVER), (error) => {
        ok(error instanceof SourceError, String(error));
        equal(error.code, code, error.message);
        ok(error.hint !== undefined);
        equal(error.retryAfterMs, fault === "429" ? 7000 : 0);
        return true;
      });
    });
  }
  test("a body that breaks off is no whole one", async ({ at }) => {
    await using server = await FaultServer.start("truncate");
    const { stream, length } = await at(server.url).open("key", NEVER);
    equal(length, 1000);
    await rejects(new Response(stream).bytes(), isSourceError("unavailable"));
  });
}
