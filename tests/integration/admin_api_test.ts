import assert from "node:assert/strict";
import { join } from "node:path";
import { ApiDescription } from "../support/api_description.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { RegistryFolder } from "../support/registry_folder.ts";
import { runDewy } from "../support/run_dewy.ts";
import { ServerBench } from "../support/server_bench.ts";
import { askSocket } from "../support/socket_client.ts";
import { TempDir } from "../support/temp_dir.ts";

const TOKEN = "a-token-that-is-long-enough";
const DONE = "Deployment completed successfully";
const UNUSABLE =
  "Admin API has no socket, commands cannot reach this dewy by it";

const socketOf = (workdir: string) => join(workdir, ".dewy", "admin.sock");
const act = (bench: ServerBench, action: string, body: unknown = {}) =>
  askSocket(socketOf(bench.workdir), `/api/v1/actions/${action}`, body);

Deno.test("what dewy answers is as the description says, from a deploy that failed to a roll-back", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const dewy = bench.start();
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  const path = socketOf(bench.workdir);
  const { body } = await askSocket(path, "/api/v1/openapi.json");
  const description = new ApiDescription({ ...body as object });
  const pages = description.operations.filter(([method, path]) =>
    method === "GET" && !/events|openapi|metrics/.test(path)
  );
  assert.equal(pages.length, 6);
  const checkAll = async () => {
    for (const [method, page] of pages) {
      const answer = await askSocket(path, page);
      assert.equal(answer.status, 200, page);
      description.check(method, page, answer.status, answer.body);
    }
  };
  const checkAct = async (action: string, body: unknown, expected: number) => {
    const answer = await act(bench, action, body);
    assert.equal(answer.status, expected, JSON.stringify(answer.body));
    const page = `/api/v1/actions/${action}`;
    description.check("POST", page, answer.status, answer.body);
  };
  await checkAll();
  await bench.publish("v1.1.0", { program: "exit_after.mjs" });
  await dewy.waitForLog("Deploy failed", { tag: "v1.1.0" });
  await checkAll();
  await bench.publish("v1.2.0");
  await dewy.waitForLog(DONE, { tag: "v1.2.0" });
  await checkAct("hold", { reason: "audit" }, 200);
  await checkAll();
  await checkAct("resume", {}, 200);
  await checkAct("pin", { version: "v1.2.0" }, 200);
  await checkAll();
  await checkAct("unpin", {}, 200);
  await checkAct("deploy", {}, 200);
  await checkAct("restart", {}, 202);
  await dewy.waitForLog("Restart notification");
  await checkAct("rollback", {}, 202);
  await eventually(async () => {
    const { body } = await askSocket(path, "/api/v1/status");
    const { phase, current } = body as Record<string, unknown>;
    return phase === "waiting" && /v1\.0\.0/.test(JSON.stringify(current));
  }, { timeoutMs: 20_000, message: "the version before is in service" });
  await checkAll();
  await checkAct("rollback", { version: "v0.0.1" }, 404);
  await checkAct("pin", {}, 400);
  await checkAct("hold", { why: "audit" }, 400);
  const acted = dewy.logs("Operator acted").map(({ action }) => action);
  assert.deepEqual(acted, [
    ...["hold", "resume", "pin", "unpin", "deploy", "restart", "rollback"],
  ]);
});

Deno.test("only its owner can open the socket, which a killed dewy leaves to the next", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const first = bench.start();
  await first.waitForLog(DONE);
  const path = socketOf(bench.workdir);
  assert.equal(((await Deno.lstat(path)).mode ?? 0) & 0o777, 0o600);
  await first.crash();
  assert.ok((await Deno.lstat(path)).isSocket);
  const second = bench.start();
  await eventually(
    async () => (await askSocket(path, "/api/status")).status === 200,
    {
      timeoutMs: 20_000,
      message: "the next dewy answers",
    },
  );
  second.kill("SIGTERM");
  assert.equal(await second.exitCode(), 0);
  await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
  assert.deepEqual(second.logs(UNUSABLE), []);
});

Deno.test("without a word of ports the API is read beside those that others look for", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const dewy = bench.start();
  const { port } = await dewy.waitForLog("Admin API started");
  assert.ok(Number(port) >= 17_549 && Number(port) <= 17_558, String(port));
  const url = `http://127.0.0.1:${port}`;
  const status = await fetch(`${url}/api/v1/status`);
  assert.equal(status.status, 200);
  assert.equal((await status.json()).command, "server");
  const acted = await fetch(`${url}/api/v1/actions/hold`, { method: "POST" });
  assert.equal(acted.status, 401);
  await acted.body?.cancel();
});

Deno.test("the token opens a port, and acts there", async () => {
  await using dir = await TempDir.create();
  const file = dir.join("token");
  await Deno.writeTextFile(file, `${TOKEN}\n`, { mode: 0o600 });
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const dewy = bench.start({
    args: ["--admin-token-file", file, "--hook-timeout", "7s"],
    // A free one of ten is found.
    env: { DEWY_ADMIN_PORT: String(freePort()) },
  });
  const { port } = await dewy.waitForLog("Admin API started");
  await dewy.waitForLog(DONE);
  const url = `http://127.0.0.1:${port}/api/v1`;
  const { config } = await (await fetch(`${url}/config`)).json();
  assert.equal(config["admin-token-file"], file);
  assert.equal(config["hook-timeout"], "7s");
  const post = async (token: string) => {
    const response = await fetch(`${url}/actions/hold`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "authorization": `Bearer ${token}`,
      },
      body: "{}",
    });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await post(`${TOKEN}!`), 401);
  assert.equal(await post(TOKEN), 200);
  await dewy.waitForLog("Operator acted", { action: "hold", door: "tcp" });
  assert.ok(!dewy.transcript().includes(TOKEN));
});

Deno.test("events are followed during a deploy, and a stop does not wait for who follows", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const dewy = bench.start();
  await dewy.waitForLog(DONE);
  const path = socketOf(bench.workdir);
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const response = await fetch("http://localhost/api/v1/events", { client });
  await bench.publish("v1.1.0");
  let text = "";
  const chunks = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
  for await (const chunk of chunks) {
    text += chunk;
    if (text.includes("event: deploy-succeeded")) dewy.kill("SIGTERM");
  }
  assert.match(text, /event: deploy-started\ndata: \{.*"tag":"v1\.1\.0"/);
  assert.match(text, /event: worker-ready/);
  assert.equal(await dewy.exitCode(), 0);
});

Deno.test("a token file that others may read is no start", async () => {
  await using dir = await TempDir.create();
  const file = dir.join("token");
  await Deno.writeTextFile(file, TOKEN);
  await Deno.chmod(file, 0o644);
  await using dewy = DewyProcess.start({
    cwd: dir.path,
    args: [
      "assets",
      ...["--registry", `file://${dir.path}`, "--admin-token-file", file],
    ],
  });
  assert.equal(await dewy.exitCode(), 1);
  assert.match(dewy.output().join("\n"), new RegExp(`hint: chmod 600 ${file}`));
});

Deno.test("the commands find a dewy in a directory that is too deep for sockets", async () => {
  await using dir = await TempDir.create();
  const cwd = dir.join("d".repeat(100), "e".repeat(100));
  await Deno.mkdir(cwd, { recursive: true });
  const registry = await RegistryFolder.create(dir.join("registry"));
  await registry.publish("v1.0.0");
  const args = ["assets", "--registry", registry.url];
  await using dewy = DewyProcess.start({ cwd, args });
  await dewy.waitForLog("Deployment completed successfully");
  const { code, stdout } = await runDewy(["status"], { cwd });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^Version +v1\.0\.0/m);
});

Deno.test("a socket that cannot be opened is told, and dewy deploys", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const dewy = bench.start({
    args: ["--admin-socket", `/tmp/${"long/".repeat(30)}admin.sock`],
  });
  const { hint } = await dewy.waitForLog(UNUSABLE);
  assert.match(String(hint), /--admin-socket/);
  await dewy.waitForLog(DONE);
});
