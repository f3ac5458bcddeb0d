import assert from "node:assert/strict";
import { ContainerBench } from "../support/container_bench.ts";
import { readState, waitForTicks } from "../support/deploy_state.ts";
import { eventually } from "../support/eventually.ts";
import { runDewy } from "../support/run_dewy.ts";

const ARGS = ["--replicas", "2", "--health-path", "/healthz"];

Deno.test("the commands show and move containers of a real engine", async () => {
  await using bench = await ContainerBench.start("docker");
  const cwd = bench.folder.path;
  const run = (line: string) =>
    runDewy(line.split(" "), { cwd, env: { NO_COLOR: "1" } });
  const shows = async (line: string, pattern: RegExp) =>
    await eventually(async () => {
      const { stdout } = await run(line);
      assert.match(stdout, pattern);
      return true;
    }, { timeoutMs: 60_000, message: `"dewy ${line}" shows ${pattern}` });
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy(...ARGS, "--health-timeout", "60");
  await shows("status", /^State +waiting, v1\.0\.0 is deployed$/m);
  await bench.publish("v1.1.0");
  await shows("status", /^State +waiting, v1\.1\.0 is deployed$/m);
  const status = await run("status");
  assert.equal(status.code, 0, status.stdout);
  assert.match(status.stdout, /^Previous +v1\.0\.0, since /m);
  assert.match(status.stdout, /(?:^\S+ +v1\.1\.0 +127\.0.+ healthy .+\n){2}/m);
  assert.match(status.stdout, /^\d+\/http .+ ready, .+ ready$/m);
  assert.equal(await bench.ask(), "v1.1.0");
  // Port, open, connections, requests.
  await shows("status", /^\d+\/http +\d +1 +1 /m);
  // One replica was given it: health, in flight, requests.
  await shows("status", /^web-\S+ .+ healthy +0 +1 /m);
  const plan = await run("plan");
  assert.match(plan.stdout, /^v1\.1\.0 +current .+\nv1\.0\.0 +older /m);

  const restart = await run("restart");
  assert.deepEqual([restart.code, restart.stderr], [0, ""]);
  const back = await run("rollback");
  assert.match(back.stdout, /^Going back from v1\.1\.0 to v1\.0\.0; /);
  await shows("status", /^State +waiting, v1\.1\.0 was rolled back from;/m);
  assert.equal(await bench.ask(), "v1.0.0");
  await shows("history", /^\S+ +v1\.0\.0 +rolled-back +.+back from v1\.1\.0$/m);

  // Its containers run, but get no work: the roll-out takes its time.
  await bench.publish("v1.2.0", { env: { VERSION: "v1.2.0", SICK: "1" } });
  await shows("status", /^Deploying +v1\.2\.0, health, since /m);
  const calledOff = await run("rollback");
  assert.match(calledOff.stdout, /deploy of v1\.2\.0 is called off; v1\.0\.0 /);
  await waitForTicks(dewy, 2);
  await bench.settles(2, "v1.0.0");
  const { rollback } = await readState(cwd);
  assert.deepEqual([rollback?.from, rollback?.to], ["v1.2.0", "v1.0.0"]);
  await shows("status", /^State +waiting, v1\.2\.0 was rolled back from;/m);
});
