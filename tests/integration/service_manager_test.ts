import assert from "node:assert/strict";
import { ServerBench } from "../support/server_bench.ts";
import { ServiceListener } from "../support/service_listener.ts";

Deno.test("dewy tells its service manager that it stands, what it does, and that it stops", async () => {
  await using bench = await ServerBench.create();
  await using manager = new ServiceListener(bench.path("notify"));
  await using dewy = bench.start({
    env: { NOTIFY_SOCKET: bench.path("notify"), WATCHDOG_USEC: "400000" },
    args: ["--before-deploy-hook", "env > ../hook.txt"],
  });
  // Nothing is published yet, and that must not look like a failed start.
  await manager.waitFor("READY=1");
  await manager.waitFor("WATCHDOG=1");
  await bench.publish("v1.0.0");
  await manager.waitFor("STATUS=v1.0.0 is deployed");
  const hook = await Deno.readTextFile(bench.path("hook.txt"));
  assert.match(hook, /^DEWY_VERSION=v1\.0\.0$/m);
  assert.doesNotMatch(hook, /NOTIFY_SOCKET|WATCHDOG/);
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
  await manager.waitFor("STOPPING=1");
  assert.equal(manager.lines.filter((line) => line === "READY=1").length, 1);
});

Deno.test("dewy starts without its service manager when that cannot be reached", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({ env: { NOTIFY_SOCKET: "/nowhere/notify" } });
  await dewy.waitForLog("Setting has no effect", { level: "ERROR" });
  await bench.serves("v1.0.0");
});
