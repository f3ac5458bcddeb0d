import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { freePort, freePortRange } from "../support/free_port.ts";
import { get, type Target } from "../support/http_connection.ts";
import { ServerBench, type StartOptions } from "../support/server_bench.ts";

const VERSION = "v1.0.0";
const COMPLETED = "Deployment completed successfully";

/** What the fixture `report_env.mjs` writes. */
interface Report {
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  /** Descriptors from 3 up that are sockets. */
  readonly sockets: readonly number[];
}

Deno.test("a worker learns of its sockets by both conventions", async () => {
  await using bench = await ServerBench.create();
  const [low = 0, high = 0] = [freePort(), freePort()].sort((a, b) => a - b);
  const ports = [String(high), String(low)];
  const { env, pid, sockets } = await reportOf(bench, { ports });
  assert.equal(env["SERVER_STARTER_PORT"], `${low}=3;${high}=4`);
  assert.equal(env["SERVER_STARTER_GENERATION"], "1");
  assert.equal(env["LISTEN_FDS"], "2");
  assert.equal(env["LISTEN_PID"], String(pid));
  assert.equal(env["LISTEN_FDNAMES"], `${low}:${high}`);
  assert.ok(sockets.includes(3) && sockets.includes(4), String(sockets));
});

Deno.test("variables of dewy's own supervisor do not reach a worker", async () => {
  await using bench = await ServerBench.create();
  const { env } = await reportOf(bench, {
    env: {
      LISTEN_FDS: "7",
      LISTEN_PID: "1",
      LISTEN_FDNAMES: "a:b",
      NOTIFY_SOCKET: "/run/nowhere",
      WATCHDOG_USEC: "1",
      KEPT: "yes",
    },
  });
  assert.equal(env["LISTEN_FDS"], "1");
  assert.equal(env["NOTIFY_SOCKET"], undefined);
  assert.equal(env["WATCHDOG_USEC"], undefined);
  assert.equal(env["KEPT"], "yes");
});

Deno.test("a worker without ports runs as a job and replaces itself", async () => {
  await using bench = await ServerBench.create();
  const { env, pid } = await reportOf(bench, { ports: [] });
  assert.equal(env["SERVER_STARTER_PORT"], "");
  assert.equal(env["LISTEN_FDS"], undefined);
  assert.equal(env["LISTEN_PID"], undefined);
  await bench.publish("v1.1.0");
  await eventually(async () => (await bench.oneWorker()).pid !== pid, {
    message: "the job is replaced",
  });
});

Deno.test("hooks get neither the sockets nor the variables of a worker", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  const look = (when: string) =>
    `{ env; ls -l /proc/self/fd; } > ../${when}.txt`;
  await using dewy = bench.start({
    args: [
      "--before-deploy-hook",
      look("before"),
      "--after-deploy-hook",
      look("after"),
    ],
  });
  await dewy.waitForLog(COMPLETED, { tag: VERSION });
  await bench.publish("v1.1.0");
  await dewy.waitForLog(COMPLETED, { tag: "v1.1.0" });
  for (const when of ["before", "after"]) {
    const seen = await Deno.readTextFile(bench.path(`${when}.txt`));
    assert.match(seen, /^DEWY_VERSION=v1\.1\.0$/m);
    assert.match(seen, /\/dev\/null/, "the descriptors are listed");
    assert.doesNotMatch(seen, /SERVER_STARTER|LISTEN_|NOTIFY_SOCKET/);
    assert.doesNotMatch(seen, /socket:/);
  }
});

Deno.test("a Unix socket is listened on, and taken over from a dewy that was killed", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  const path = bench.path("app.sock");
  const options = { ports: [path] };
  {
    await using dewy = bench.start(options);
    await answers({ path });
    await dewy.crash();
  }
  await using dewy = bench.start(options);
  await answers({ path });
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
  await assert.rejects(() => Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("an IPv4 address is listened on, and no other", async () => {
  await using bench = await ServerBench.create();
  const port = freePort();
  const { env } = await reportOf(bench, { ports: [`127.0.0.1:${port}`] });
  assert.equal(env["SERVER_STARTER_PORT"], `127.0.0.1:${port}=3`);
  await answers({ port });
  await assert.rejects(
    () => get({ hostname: "127.0.0.2", port }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("an IPv6 address is listened on, and no other", async () => {
  await using bench = await ServerBench.create();
  const port = freePort("::1");
  const { env } = await reportOf(bench, { ports: [`[::1]:${port}`] });
  assert.equal(env["SERVER_STARTER_PORT"], `[::1]:${port}=3`);
  await answers({ hostname: "::1", port });
  await assert.rejects(() => get({ port }), Deno.errors.ConnectionRefused);
});

Deno.test("several ports and a range are all served by one worker", async () => {
  await using bench = await ServerBench.create();
  const first = freePortRange(3);
  const single = freePort();
  const ports = [`${first}-${first + 2}`, String(single)];
  const { pid } = await reportOf(bench, { ports });
  for (const port of [first, first + 1, first + 2, single]) {
    assert.equal(await answers({ port }), `${VERSION} ${pid}\n`);
  }
});

Deno.test("an application by systemd's convention is served and replaced", async () => {
  await using bench = await ServerBench.create();
  const publish = (tag: string) =>
    bench.registry.publish(tag, { program: "systemd_app.py" });
  await publish(VERSION);
  await using dewy = bench.start({
    program: ["python3", "current/systemd_app.py"],
  });
  await bench.serves(VERSION);
  await publish("v1.1.0");
  await dewy.waitForLog("Worker ended", { generation: 1 });
  assert.equal(await bench.version(), "v1.1.0");
});

Deno.test("a port that is taken ends dewy with code 2 and says so", async () => {
  await using bench = await ServerBench.create();
  using taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = taken.addr;
  await using dewy = bench.start({ ports: [String(port)] });
  assert.equal(await dewy.exitCode(), 2);
  const text = dewy.output().join("\n");
  assert.match(text, new RegExp(`Cannot listen on "${port}": the address is`));
});

/** Deploys the reporting fixture and returns what its worker saw. */
async function reportOf(
  bench: ServerBench,
  options: StartOptions,
): Promise<Report> {
  await bench.publish(VERSION, { program: "report_env.mjs" });
  const path = bench.path("report.json");
  bench.start({ ...options, env: { ...options.env, REPORT: path } });
  return await eventually(
    async (): Promise<Report> => JSON.parse(await Deno.readTextFile(path)),
    { message: "the worker reports" },
  );
}

/** Waits for an answer and returns its body. */
async function answers(target: Target): Promise<string> {
  const { body } = await eventually(() => get(target), {
    message: `an answer from ${JSON.stringify(target)}`,
  });
  return body;
}
