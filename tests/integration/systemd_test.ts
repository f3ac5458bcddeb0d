import assert from "node:assert/strict";
import { initSystemd } from "../../src/cli/init_systemd.ts";
import { parseCommand } from "../../src/cli/args.ts";
import { denoDir } from "../support/deno_dir.ts";
import { dewyCommand } from "../support/dewy_program.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";
import { MARK } from "../support/process_table.ts";
import { ServerBench } from "../support/server_bench.ts";
import { SystemdHost } from "../support/systemd_host.ts";

const SOURCE = new URL("../..", import.meta.url).pathname;
// The unit's user may not enter the folders of this test's.
const DENO = "/opt/deno";
const DENO_DIR = "/opt/deno-dir";
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
  const program = bench.path("dewy");
  const moved = (word: string) =>
    word === Deno.execPath() ? DENO : word.replace(SOURCE, "/opt/dewy/");
  const words = dewyCommand().map(moved);
  await Deno.writeTextFile(
    program,
    `#!/bin/sh\nexport DENO_DIR=${DENO_DIR}\nexec ${
      words.map((word) => `'${word}'`).join(" ")
    } "$@"\n`,
  );
  await Deno.chmod(program, 0o755);
  const line = bench.serverArgs({
    registry: `file://${REGISTRY}`,
    ports: [`127.0.0.1:${bench.port}`],
    args: ["--log-level", "info"],
  }).map(moved);
  const unit = (kind: "service" | "socket") =>
    initSystemd(
      { unit: "app", runAs: USER, socket: kind === "socket", words: line },
      {
        program: "/usr/local/bin/dewy",
        workdir: WORKDIR,
        parse: (words) => parseCommand(words, {}),
      },
    );
  return await SystemdHost.start({
    units: {
      "app.service": unit("service"),
      "app.socket": unit("socket"),
      // Only so that the test need not wait as long as an operator would.
      "app.service.d/test.conf":
        `[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\nEnvironment=DENO_DIR=${DENO_DIR} ${MARK}=${bench.workdir}\n`,
    },
    shared: { [WORKDIR]: bench.workdir, [REGISTRY]: bench.registry.path },
    shown: {
      "/usr/local/bin/dewy": program,
      "/opt/dewy": SOURCE,
      [DENO]: Deno.execPath(),
      [DENO_DIR]: await denoDir(),
    },
  });
}

async function generation(bench: ServerBench): Promise<number> {
  const workers = await bench.workers();
  return Math.max(
    0,
    ...workers.map(({ env }) => Number(env["SERVER_STARTER_GENERATION"])),
  );
}
