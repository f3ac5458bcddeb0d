import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";
import { MARK } from "../support/process_table.ts";
import { ServerBench } from "../support/server_bench.ts";
import { dewyInside, printedUnit } from "../support/systemd_dewy.ts";
import { SystemdHost } from "../support/systemd_host.ts";

// Every Debian has it.
const USER = "daemon";
const UID = 1;
const WORKDIR = "/srv/app";
const REGISTRY = "/srv/registry";

Deno.test("a real systemd starts, reloads, restarts, watches and stops dewy by the unit that dewy prints", async () => {
  await using bench = await ServerBench.create();
  await Deno.chown(bench.workdir, UID, UID);
  await using host = await startHost(bench);
  await host.run("systemctl", "start", "app.socket", "app.service");
  await host.waitFor("app.service", "ActiveState", "active");

  await bench.publish("v1.0.0");
  await host.waitFor("app.service", "StatusText", "v1.0.0 is deployed");
  await bench.serves("v1.0.0");

  const before = await generation(bench);
  await host.run("systemctl", "reload", "app.service");
  await eventually(async () => await generation(bench) > before, {
    message: "the reload replaces the worker",
  });

  await using load = LoadClient.start({
    target: { port: bench.port },
    keepAlive: 0,
    fresh: 2,
  });
  await bench.publish("v1.1.0");
  await host.waitFor("app.service", "StatusText", "v1.1.0 is deployed");
  await host.run("systemctl", "restart", "app.service");
  await bench.serves("v1.1.0");
  const answered = load.requests;
  await eventually(() => load.requests > answered + 20, {
    message: "requests are answered after the restart",
  });
  await load.stop();
  assert.deepEqual(load.failures, []);

  const pid = await host.property("app.service", "MainPID");
  await host.run("kill", "-STOP", pid);
  await host.waitFor("app.service", "NRestarts", "1");
  await host.waitFor("app.service", "ActiveState", "active");
  await bench.serves("v1.1.0");

  await host.run("systemctl", "stop", "app.socket", "app.service");
  await host.waitFor("app.service", "ActiveState", "inactive");
  assert.equal(await host.property("app.service", "Result"), "success");
  const journal = await host.run("journalctl", "--no-pager", "-uapp.service");
  assert.match(journal, /Watchdog timeout/);
  assert.doesNotMatch(journal, /Special user|Unknown (?:key|lvalue)|Failed to/);
});

async function startHost(bench: ServerBench): Promise<SystemdHost> {
  const { moved, environment, shown } = await dewyInside(bench.path("dewy"));
  const line = bench.serverArgs({
    registry: `file://${REGISTRY}`,
    ports: [`127.0.0.1:${bench.port}`],
    args: ["--log-level", "info"],
  }).map(moved);
  const unit = (...flags: string[]) =>
    printedUnit({
      flags: ["--unit", "app", "--run-as", USER, ...flags],
      line,
      outside: bench.workdir,
      inside: WORKDIR,
    });
  return await SystemdHost.start({
    units: {
      "app.service": await unit(),
      "app.socket": await unit("--socket"),
      // Only so that the test need not wait as long as an operator would.
      "app.service.d/test.conf":
        `[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\n${environment}Environment=${MARK}=${bench.workdir}\n`,
    },
    shared: { [WORKDIR]: bench.workdir, [REGISTRY]: bench.registry.path },
    shown,
  });
}

async function generation(bench: ServerBench): Promise<number> {
  const workers = await bench.workers();
  return Math.max(
    0,
    ...workers.map(({ env }) => Number(env["SERVER_STARTER_GENERATION"])),
  );
}
