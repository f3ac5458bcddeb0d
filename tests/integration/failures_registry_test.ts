import assert from "node:assert/strict";
import {
  readState,
  releaseNames,
  waitForFailure,
  waitForTicks,
} from "../support/deploy_state.ts";
import { eventually } from "../support/eventually.ts";
import { artifactName } from "../support/registry_folder.ts";
import { ServerBench } from "../support/server_bench.ts";

Deno.test("a registry that vanishes is asked less and less often, and nothing else happens", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  await waitForTicks(dewy, 1);
  const worker = await bench.oneWorker();
  await Deno.rename(bench.registry.path, `${bench.registry.path}.gone`);
  await dewy.waitForLog("Current failure", { count: 5 });
  const pauses = dewy.logs("Current failure")
    .map((record) => Number(record["retry_in"]) / 1e6);
  assert.equal(pauses[0], 200, "one failure is no outage");
  assert.ok((pauses[2] ?? 0) >= 600, `pauses ${pauses}`);
  assert.ok((pauses[4] ?? 0) >= 2_400, `pauses ${pauses}`);
  assert.equal(
    dewy.logs("Current failure")[0]?.["error"],
    `Cannot read registry "${bench.registry.url}": no such folder`,
  );
  assert.equal(await bench.version(), "v1.0.0");

  await Deno.rename(`${bench.registry.path}.gone`, bench.registry.path);
  await dewy.waitForLog("Error count reset", { from: 5 });
  await waitForTicks(dewy, 3);
  assert.equal((await bench.oneWorker()).pid, worker.pid);
  await bench.publish("v2.0.0");
  await bench.serves("v2.0.0");
});

Deno.test("a version that is withdrawn is not followed, and that is said once", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  await bench.publish("v2.0.0");
  await bench.serves("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  await bench.registry.withdraw("v2.0.0");
  const told = await dewy.waitForLog("Deploy skipped", { level: "WARN" });
  assert.equal(
    told["reason"],
    "v1.0.0 is older than v2.0.0, which is deployed; --allow-downgrade would take it",
  );
  await waitForTicks(dewy, 10);
  assert.equal(dewy.logs("Deploy skipped", { level: "WARN" }).length, 1);
  assert.equal(await bench.version(), "v2.0.0");
  assert.equal(dewy.logs("Deploy started").length, 2);
});

Deno.test("--allow-downgrade follows a version that is withdrawn", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await bench.publish("v2.0.0");
  await using dewy = bench.start({ args: ["--allow-downgrade"] });
  await bench.serves("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  await bench.registry.withdraw("v2.0.0");
  const started = await dewy.waitForLog("Deploy started", { tag: "v1.0.0" });
  assert.equal(started["reason"], "older than v2.0.0, as the settings ask");
  await bench.serves("v1.0.0");
});

Deno.test("a version whose artifact is still being uploaded is waited for", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  await bench.registry.place("v2.0.0", async (folder) => {
    await Deno.writeTextFile(`${folder}/NOTES`, "coming");
  });
  const told = await dewy.waitForLog(
    "Artifact not found within grace period",
    { tag: "v2.0.0" },
  );
  assert.equal(told.level, "DEBUG");
  assert.equal(await bench.version(), "v1.0.0");
  await bench.publish("v2.0.0");
  await bench.serves("v2.0.0");
});

Deno.test("an artifact that cannot be read is told, and read when it can", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  // A folder in place of the file: unreadable for root too.
  await bench.registry.place("v2.0.0", async (folder) => {
    await Deno.mkdir(`${folder}/${artifactName()}`);
  });
  await waitForTicks(dewy, 2);
  assert.equal(await bench.version(), "v1.0.0");
  await bench.publish("v2.0.0");
  await bench.serves("v2.0.0");
});

Deno.test("a clock that is set back by a day stops no deploy", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  {
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    await bench.publish("v2.0.0", {
      program: "exit_after.mjs",
      files: { EXIT_AFTER: "0" },
    });
    await waitForFailure(dewy, "v2.0.0");
  }
  await shiftState(bench.workdir, 86_400_000);
  const [newest = ""] = await releaseNames(bench.workdir);
  const tomorrow = newest.replace(/^\d{4}/, "2099");
  await Deno.rename(
    `${bench.workdir}/releases/${newest}`,
    `${bench.workdir}/releases/${tomorrow}`,
  );
  await Deno.remove(`${bench.workdir}/current`);
  await Deno.symlink(
    `${bench.workdir}/releases/${tomorrow}`,
    `${bench.workdir}/current`,
  );

  await using dewy = bench.start();
  await dewy.waitForLog("Deploy started", { tag: "v2.0.0" });
  await bench.publish("v3.0.0");
  await bench.serves("v3.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v3.0.0" });
  const names = await eventually(() => releaseNames(bench.workdir), {
    message: "the folders are listed",
  });
  assert.equal(names.at(-2), tomorrow);
  assert.ok((names.at(-1) ?? "").startsWith("2099"), "it sorts before the old");
});

/** Moves all times in the state file into the future, as a clock that is set back does. */
async function shiftState(workdir: string, ms: number): Promise<void> {
  const state = await readState(workdir);
  const text = JSON.stringify(
    state,
    (name, value) =>
      /^(at|lastAt|retryAt|startedAt)$/.test(name) ? value + ms : value,
  )
    .replaceAll(/releases\/\d{4}/g, "releases/2099");
  await Deno.writeTextFile(`${workdir}/.dewy/state.json`, text);
}
