import assert from "node:assert/strict";
import {
  currentTarget,
  readFailure,
  waitForFailure,
} from "../support/deploy_state.ts";
import { eventually } from "../support/eventually.ts";
import { isAlive } from "../support/process_table.ts";
import { ServerBench } from "../support/server_bench.ts";

const SECRET = "supersecret-value-1234";

Deno.test("a failing before-hook does not stop a deploy, and is told with its output", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({
    args: ["--before-deploy-hook", "echo no database >&2; exit 3"],
  });
  await bench.serves("v1.0.0");
  const told = await dewy.waitForLog("Before deploy hook failure");
  assert.equal(told.level, "ERROR");
  assert.equal(told["error"], "exit status 3");
  const [output] = dewy.logs("Execute hook failed");
  assert.equal(output?.["stderr"], "no database");
});

Deno.test("a failing before-hook stops the deploy with --hook-failure abort", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({
    args: [
      "--before-deploy-hook",
      'test "$DEWY_VERSION" = v1.0.0',
      "--hook-failure",
      "abort",
    ],
  });
  await bench.serves("v1.0.0");
  const target = await currentTarget(bench.workdir);
  const { pid } = await bench.oneWorker();
  await bench.publish("v2.0.0");
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(
    failed["error"],
    "The before-deploy hook failed with exit code 1",
  );
  assert.equal(
    failed["hint"],
    "Mend what the hook reports, or let deploys go on with --hook-failure continue",
  );
  assert.equal(failed["restored_to"], "v1.0.0");
  assert.equal(await currentTarget(bench.workdir), target);
  assert.equal((await bench.oneWorker()).pid, pid);
  assert.ok(!(await readFailure(bench.workdir, "v2.0.0")).quarantined);
});

Deno.test("a hook over its time limit is killed with what it started, and the deploy goes on", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({
    args: [
      "--before-deploy-hook",
      "sleep 600 & echo $! > child; wait",
      "--hook-timeout",
      "500ms",
    ],
  });
  await bench.serves("v1.0.0");
  const told = await dewy.waitForLog("Before deploy hook failure");
  assert.match(
    String(told["error"]),
    /^time limit passed after [\d.]+m?s, killed with all it started$/,
  );
  const child = Number(await Deno.readTextFile(`${bench.workdir}/child`));
  await eventually(async () => !await isAlive(child), {
    message: "the process in the background ends",
  });
});

Deno.test("hooks are told what is deployed, before and after", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const print =
    'echo "$DEWY_VERSION,$DEWY_PREVIOUS_VERSION,$DEWY_COMMAND,$DEWY_RELEASE_DIR"';
  await using dewy = bench.start({
    args: ["--before-deploy-hook", print, "--after-deploy-hook", print],
  });
  await bench.serves("v1.0.0");
  await bench.publish("v2.0.0");
  await bench.serves("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  const [before1, after1, before2, after2] = dewy.logs("Execute hook")
    .map((record) => record["stdout"]);
  const target = await currentTarget(bench.workdir);
  assert.equal(before1, "v1.0.0,,server,");
  assert.match(String(after1), /^v1\.0\.0,,server,\/.*\/releases\/\d+T\d+Z$/);
  assert.equal(before2, "v2.0.0,v1.0.0,server,");
  assert.equal(after2, `v2.0.0,v1.0.0,server,${target}`);
});

Deno.test("no secret of the environment or of a URL is printed", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({
    args: [
      "--before-deploy-hook",
      'echo "token $GH_TOKEN"; echo "get https://bob:hunter22@host/" >&2; exit 1',
      "--after-deploy-hook",
      "echo $GH_TOKEN",
      "--notifier",
      `webhooks://bob:hunter22@example.com/?token=${SECRET}`,
      "--notifier",
      `mail://bob:hunter22@mail.invalid/ops@example.com?secret=${SECRET}`,
    ],
    env: { GH_TOKEN: SECRET },
  });
  await bench.serves("v1.0.0");
  await dewy.waitForLog("Execute hook");
  assert.equal(dewy.logs("Notifier failure", { level: "ERROR" }).length, 2);
  const [output] = dewy.logs("Execute hook failed");
  assert.equal(output?.["stdout"], "token ***");
  assert.equal(output?.["stderr"], "get https://***@host/");
  assert.ok(!dewy.transcript().includes(SECRET), "the token is printed");
  assert.ok(!dewy.transcript().includes("hunter22"), "the password is printed");
});

Deno.test("no secret is printed when dewy cannot start", async () => {
  await using bench = await ServerBench.create();
  await using dewy = bench.start({
    args: ["--cache", `s3://user:hunter22@bucket/?secret=${SECRET}`],
    env: { GH_TOKEN: SECRET },
  });
  assert.equal(await dewy.exitCode(), 1);
  await eventually(() => dewy.output().length > 0, {
    message: "an error is printed",
  });
  assert.match(dewy.output().join("\n"), /^Error: Cannot open cache /);
  assert.ok(!dewy.transcript().includes(SECRET), "the token is printed");
  assert.ok(!dewy.transcript().includes("hunter22"), "the password is printed");
});
