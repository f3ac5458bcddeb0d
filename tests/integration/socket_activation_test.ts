import assert from "node:assert/strict";
import { dewyCommand } from "../support/dewy_program.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";
import { MARK } from "../support/process_table.ts";
import { ServerBench } from "../support/server_bench.ts";
import { SocketKeeper } from "../support/socket_keeper.ts";

const VERSION = "v1.0.0";

Deno.test("dewy itself is restarted under load without a lost connection when its socket is held by someone else", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  await using keeper = new SocketKeeper({
    cwd: bench.workdir,
    address: `127.0.0.1:${bench.port}`,
    stopFile: bench.path("stop"),
    args: bench.serverArgs({ ports: [`127.0.0.1:${bench.port}`] }),
  });
  await bench.serves(VERSION);
  await using load = LoadClient.start({
    target: { port: bench.port },
    keepAlive: 0,
    fresh: 4,
  });
  for (const count of [1, 2, 3]) {
    const pid = await keeper.start(count);
    const before = load.requests;
    await eventually(() => load.requests > before + 50, {
      timeoutMs: 20_000,
      message: `dewy ${count} serves`,
    });
    Deno.kill(pid, "SIGTERM");
  }
  await keeper.start(4);
  const before = load.requests;
  await eventually(() => load.requests > before + 50, {
    timeoutMs: 20_000,
    message: "the last dewy serves",
  });
  await load.stop();
  assert.deepEqual(load.failures, []);
});

Deno.test("sockets are taken as they are when no --port is given, and a port alone is served by one on [::]", async () => {
  for (const ports of [[], ["own"]]) {
    await using bench = await ServerBench.create();
    await bench.publish(VERSION, { program: "report_env.mjs" });
    const report = bench.path("report.json");
    await using _keeper = new SocketKeeper({
      cwd: bench.workdir,
      address: `[::]:${bench.port}`,
      stopFile: bench.path("stop"),
      args: bench.serverArgs({ ports: ports.map(() => String(bench.port)) }),
      env: { REPORT: report },
    });
    await bench.serves(VERSION);
    const { env } = JSON.parse(await Deno.readTextFile(report));
    const spec = ports.length === 0 ? `[::]:${bench.port}` : `${bench.port}`;
    assert.equal(env.SERVER_STARTER_PORT, `${spec}=3`);
    assert.equal(env.LISTEN_FDS, "1");
  }
});

Deno.test("a socket that no --port names ends dewy with an error that says so", async () => {
  await using bench = await ServerBench.create();
  await using keeper = new SocketKeeper({
    cwd: bench.workdir,
    address: bench.path("web.sock"),
    stopFile: bench.path("stop"),
    args: bench.serverArgs(),
  });
  await eventually(() => keeper.lines.includes("ended 1"), {
    timeoutMs: 20_000,
    message: "dewy ends",
  });
  const text = keeper.lines.join("\n");
  assert.match(
    text,
    /Cannot use the socket ".*web\.sock" .*no --port names it/,
  );
  assert.match(text, /leave --port out to take all sockets/);
});

Deno.test("dewy serves what systemd's own launcher passes on", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  const child = new Deno.Command("systemd-socket-activate", {
    args: [
      `--listen=127.0.0.1:${bench.port}`,
      // It passes little else on.
      `--setenv=${MARK}`,
      "--setenv=PATH",
      "--setenv=HOME",
      ...dewyCommand(),
      ...bench.serverArgs({ ports: [] }),
    ],
    cwd: bench.workdir,
    env: { [MARK]: bench.workdir },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await bench.serves(VERSION);
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
});
