import assert from "node:assert/strict";
import { DewyProcess } from "../support/dewy_process.ts";
import {
  currentTarget,
  readState,
  releaseNames,
  waitForTicks,
} from "../support/deploy_state.ts";
import { eventually } from "../support/eventually.ts";
import { ServerBench } from "../support/server_bench.ts";

Deno.test("a port that is taken ends the start with code 2 and names the port", async () => {
  await using bench = await ServerBench.create();
  using _other = Deno.listen({ hostname: "0.0.0.0", port: bench.port });
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  assert.equal(await dewy.exitCode(), 2);
  assert.deepEqual(await printed(dewy), [
    `Error: Cannot listen on "${bench.port}": the address is in use`,
    "  hint: Find who listens there (ss -ltnp), stop it, or choose another --port",
  ]);
  await assert.rejects(currentTarget(bench.workdir), Deno.errors.NotFound);
});

Deno.test("a second dewy in the same directory ends with code 1, names the first, and does it no harm", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  await using second = bench.start();
  assert.equal(await second.exitCode(), 1);
  assert.deepEqual(await printed(second), [
    `Error: Cannot use "${bench.workdir}": another dewy (process ${dewy.pid}) works there`,
    "  hint: Give each application a working directory of its own",
  ]);
  await waitForTicks(dewy, 2);
  assert.equal(await bench.version(), "v1.0.0");
});

Deno.test("a real folder called current ends the start with code 3 and is not touched", async () => {
  await using bench = await ServerBench.create();
  const link = `${bench.workdir}/current`;
  await Deno.mkdir(link);
  await Deno.writeTextFile(`${link}/precious`, "data");
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  assert.equal(await dewy.exitCode(), 3);
  assert.deepEqual(await printed(dewy), [
    `Error: Cannot use "${link}": it is a real folder, not a link`,
    `  hint: dewy swaps it as a link; move it away first: mv ${link} ${link}.old`,
  ]);
  assert.equal(await Deno.readTextFile(`${link}/precious`), "data");
  assert.equal(dewy.logs("Starting new worker").length, 0);
});

Deno.test("--once with a registry that is not there ends with code 2 and says which folder", async () => {
  await using bench = await ServerBench.create();
  const missing = bench.path("nowhere");
  await using dewy = DewyProcess.start({
    cwd: bench.workdir,
    args: ["assets", "--registry", `file://${missing}`, "--once"],
  });
  assert.equal(await dewy.exitCode(), 2);
  assert.deepEqual(await printed(dewy), [
    `Error: Cannot read registry "file://${missing}": no such folder`,
    `  hint: Create it, with a folder for each version: ${missing}/v1.2.3`,
  ]);
});

Deno.test("after a restart during an outage the last good release serves", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  {
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    await dewy.waitForLog("Deployment completed successfully");
  }
  const releases = await releaseNames(bench.workdir);
  const target = await currentTarget(bench.workdir);
  await Deno.rename(bench.registry.path, `${bench.registry.path}.gone`);

  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  const failed = await dewy.waitForLog("Current failure");
  assert.equal(
    failed["error"],
    `Cannot read registry "${bench.registry.url}": no such folder`,
  );
  assert.deepEqual(await releaseNames(bench.workdir), releases);
  assert.equal(await currentTarget(bench.workdir), target);
  assert.equal(dewy.logs("Deploy started").length, 0);

  await Deno.rename(`${bench.registry.path}.gone`, bench.registry.path);
  await waitForTicks(dewy, 1);
  assert.equal(dewy.logs("Deploy started").length, 0);
  assert.equal(dewy.logs("Starting new worker").length, 1);
});

Deno.test("a state file that was damaged is moved aside, and the release in place serves on", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  {
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    await dewy.waitForLog("Deployment completed successfully");
  }
  const path = `${bench.workdir}/.dewy/state.json`;
  await Deno.writeTextFile(path, "{");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  const told = await dewy.waitForLog(
    "State file is unreadable and was moved aside",
  );
  assert.equal(told.level, "ERROR");
  assert.equal(told["moved_to"], `${path}.unreadable`);
  await waitForTicks(dewy, 1);
  assert.equal(dewy.logs("Deploy started").length, 0, "it was deployed again");
  assert.equal((await readState(bench.workdir)).deployed?.tag, "v1.0.0");
});

Deno.test("a program that is not there at a restart is told, with what to do", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  {
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    await dewy.waitForLog("Deployment completed successfully");
  }
  await using dewy = bench.start({ program: ["current/moved"] });
  const told = await dewy.waitForLog("Starter failure");
  assert.equal(told.level, "ERROR");
  assert.equal(
    told["error"],
    `Cannot start "current/moved": no such program at "${bench.workdir}/current/moved"`,
  );
  assert.match(String(told["hint"]), /^Check the command after -- /);
});

/** Returns what dewy printed besides its log; a hint is the end of it. */
function printed(dewy: DewyProcess): Promise<readonly string[]> {
  return eventually(
    () => dewy.output().at(-1)?.startsWith("  hint: ") && dewy.output(),
    { message: "an error with a hint is printed" },
  );
}
