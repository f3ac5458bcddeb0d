import { equal, ok, rejects } from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import {
  ARTIFACT,
  latestRelease,
  latestTag,
  NEVER,
  publishAll,
  type RegistryHarness,
  reportOf,
  type Test,
} from "./registry_harness.ts";

const REASON = new Error("stopped");
const isReason = (error: unknown) => error === REASON;
/** An abort is no matter of time limits: these are longer. */
const AT_ONCE_MS = 400;

/** Tests that everything ends with the reason of an abort, and at once. */
export function testAborts(test: Test): void {
  test("nothing is asked after an abort", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const release = await latestRelease(harness, {});
    const signal = AbortSignal.abort(REASON);
    const registry = await harness.open({});
    await rejects(registry.latest(signal), isReason);
    await rejects(registry.report(reportOf(release), signal), isReason);
    await rejects(harness.store.open(release.artifactUrl, signal), isReason);
    equal(await latestTag(harness, {}), "v1.0.0");
  });
  test("latest() ends with an abort while it waits", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    await harness.faults.set("metadata", "hang");
    const registry = await harness.open({});
    await endsAtOnce(harness, (signal) => registry.latest(signal));
    await harness.faults.clear();
    equal((await registry.latest(NEVER)).kind, "release");
  });
  test("report() ends with an abort while it waits", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const release = await latestRelease(harness, {});
    await harness.faults.set("metadata", "hang");
    const registry = await harness.open({});
    const report = reportOf(release);
    await endsAtOnce(harness, (signal) => registry.report(report, signal));
  });
  test("open() ends with an abort while it waits", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const { artifactUrl } = await latestRelease(harness, {});
    await harness.faults.set("bytes", "hang");
    await endsAtOnce(
      harness,
      (signal) => harness.store.open(artifactUrl, signal),
    );
  });
  test("a body that stalls ends with an abort", async (harness) => {
    await harness.publish("v1.0.0", { [ARTIFACT]: "x".repeat(1000) });
    const { artifactUrl } = await latestRelease(harness, {});
    await harness.faults.set("bytes", "stall");
    await endsAtOnce(harness, async (signal) => {
      const { stream } = await harness.store.open(artifactUrl, signal);
      await new Response(stream).bytes();
    });
  });
}

async function endsAtOnce(
  { faults }: RegistryHarness,
  task: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  const running = Promise.allSettled([task(controller.signal)]);
  await eventually(async () => await faults.met() > 0, {
    message: "it asks",
  });
  const before = performance.now();
  controller.abort(REASON);
  const [result] = await running;
  ok(result.status === "rejected" && result.reason === REASON, String(result));
  ok(performance.now() - before < AT_ONCE_MS);
}
