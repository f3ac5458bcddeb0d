import assert from "node:assert/strict";
import { dewyCommand } from "../support/dewy_program.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, freePortRange } from "../support/free_port.ts";
import { RegistryFolder } from "../support/registry_folder.ts";
import { type DewyRun, runDewy, runOnTerminal } from "../support/run_dewy.ts";
import { TempDir } from "../support/temp_dir.ts";

/** A dewy that runs, and the commands to it. */
class Host implements AsyncDisposable {
  readonly registry: RegistryFolder;
  readonly dewy: DewyProcess;
  readonly cwd: string;
  #dir: TempDir;

  private constructor(
    dir: TempDir,
    registry: RegistryFolder,
    dewy: DewyProcess,
  ) {
    this.#dir = dir;
    this.registry = registry;
    this.dewy = dewy;
    this.cwd = dewy.cwd;
  }

  /** Starts dewy with these options, with v1.1.0 in service and v1.0.0 before it. */
  static async start(
    mode: "server" | "assets",
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Host> {
    const dir = await TempDir.create();
    const registry = await RegistryFolder.create(dir.join("registry"));
    await registry.publish("v1.0.0");
    const cwd = dir.join("work");
    await Deno.mkdir(cwd);
    const program = mode === "server" ? ["--", "sleep", "600"] : [];
    const dewy = DewyProcess.start({
      cwd,
      args: [
        ...[mode, "--registry", registry.url, "--interval", "200ms"],
        ...["--confirm-time", "0", ...args, ...program],
      ],
      env,
    });
    const host = new Host(dir, registry, dewy);
    await dewy.waitForLog("Deployment completed successfully");
    await registry.publish("v1.1.0");
    await host.waitFor("v1.1.0");
    return host;
  }

  /** Runs `dewy LINE` in dewy's working directory. */
  run(
    line: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<DewyRun> {
    const options = { cwd: this.cwd, env: { NO_COLOR: "1", ...env } };
    return runDewy(line.split(" "), options);
  }

  async status() {
    const { stdout } = await this.run("status --json");
    return JSON.parse(stdout);
  }

  /** Waits until the status says that a version is in service. */
  async waitFor(version: string): Promise<void> {
    await eventually(
      async () => (await this.status()).current?.version === version,
      { timeoutMs: 30_000, message: `${version} is in service` },
    ).catch((error: Error) => {
      throw new Error(
        `${error.message}: ${error.cause}\n${this.dewy.transcript()}`,
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dewy[Symbol.asyncDispose]();
    await this.#dir[Symbol.asyncDispose]();
  }
}

function assertDone({ code, stdout, stderr }: DewyRun): void {
  assert.deepEqual([code, stderr], [0, ""], stdout);
  assert.match(stdout, /^.+\n$/, "one sentence");
}

Deno.test("an operator looks at a running dewy, goes back, pins, holds and restarts", async () => {
  await using host = await Host.start("server");
  const status = await host.run("status");
  assert.equal(status.code, 0, status.stdout);
  assert.match(status.stdout, /^Version +v1\.1\.0, since 20/m);
  assert.match(status.stdout, /^Program +runs as process \d+, generation 2,/m);
  const history = await host.run("history");
  assert.match(history.stdout, /^\S+ +v1\.1\.0 +deployed .+\n\S+ +v1\.0\.0 /m);
  const plan = await host.run("plan");
  assert.match(plan.stdout, /^Would deploy nothing: /);
  assert.match(plan.stdout, /^v1\.1\.0 +current/m);

  assertDone(await host.run("rollback"));
  await host.waitFor("v1.0.0");
  const back = await host.run("plan");
  assert.match(back.stdout, /^v1\.1\.0 +refused /m);
  assertDone(await host.run("pin v1.1.0"));
  await host.waitFor("v1.1.0");
  assertDone(await host.run("unpin"));

  assertDone(await host.run("hold --reason sale"));
  await host.registry.publish("v1.2.0");
  await eventually(
    async () => (await host.status()).waiting[0]?.code === "hold",
    { message: "v1.2.0 waits for the hold" },
  );
  const held = await host.run("status");
  assert.equal(held.code, 0, "a hold is no problem");
  assert.match(held.stdout, /^Held +since .+: sale$/m);
  assert.match(held.stdout, /^Waiting\nVERSION .+\nv1\.2\.0 +hold /m);
  assertDone(await host.run("resume"));
  await host.waitFor("v1.2.0");

  const { program } = await host.status();
  assertDone(await host.run("restart"));
  await eventually(
    async () => (await host.status()).program.generation > program.generation,
    { message: "there is a new generation" },
  );
});

Deno.test("--wait shows the steps of a deploy, and ends as it does", async () => {
  await using host = await Host.start("assets", [], {
    DEWY_BEFORE_DEPLOY_HOOK: '[ "$DEWY_VERSION" != v1.2.0 ]',
    DEWY_HOOK_FAILURE: "abort",
  });
  await host.registry.publish("v1.2.0");
  await eventually(async () => (await host.run("status")).code === 5, {
    message: "v1.2.0 has failed",
  });
  const failed = await host.run("deploy --wait");
  assert.equal(failed.code, 4, failed.stdout);
  assert.match(failed.stdout, /^v1\.2\.0 is being deployed: newer than v1\.1/);
  assert.match(failed.stdout, /\n\S+ ERROR Deploy failed tag=v1\.2\.0 /);
  assert.match(failed.stderr, /deploy of v1\.2\.0 failed: The before-deploy/);
  assert.match(failed.stderr, /hint: /);
  const status = await host.run("status");
  assert.equal(status.code, 5);
  assert.match(status.stdout, /^State +waiting, v1\.2\.0 failed 2 times: /m);
  const inJson = await host.run("deploy v1.2.0 --wait --json");
  assert.equal(inJson.code, 4);
  assert.equal(JSON.parse(inJson.stdout).error.code, "failed");
  const back = await host.run("rollback --wait");
  assert.equal(back.code, 0, back.stderr);
  assert.match(back.stdout, /\n\S+ INFO .+\nv1\.0\.0 is in service\n$/);
  const nothing = await host.run("rollback v1.0.0 --wait");
  assert.deepEqual(
    [nothing.code, nothing.stdout],
    [0, "v1.0.0 is in service\n"],
  );
  const pinned = await host.run("pin v1.1.0 --wait --json");
  const { result, version } = JSON.parse(pinned.stdout);
  assert.deepEqual([pinned.code, result, version], [0, "done", "v1.1.0"]);
});

Deno.test("an operator who asks for what cannot be is told why", async () => {
  await using host = await Host.start("assets");
  const none = await host.run("rollback v0.9.9");
  assert.equal(none.code, 4, none.stderr);
  assert.match(none.stderr, /^Error: .*v0\.9\.9/);
  const restart = await host.run("restart --json");
  assert.equal(restart.code, 1);
  assert.equal(JSON.parse(restart.stdout).error.code, "invalid");
  const again = await host.run("resume");
  assert.equal(again.code, 0, "there is nothing to do");
});

Deno.test("dewy status exits with 5 while the registry is away", async () => {
  await using host = await Host.start("assets");
  await Deno.rename(host.registry.path, `${host.registry.path}.away`);
  const failing = await eventually(async () => {
    const run = await host.run("status");
    return run.code === 5 && run;
  }, { message: "the status tells of the registry" });
  assert.match(failing.stdout, /^Problem +The registry failed /m);
  await Deno.rename(`${host.registry.path}.away`, host.registry.path);
});

Deno.test("over TCP all may look, and only the token acts", async () => {
  const port = String(freePortRange(10));
  await using host = await Host.start("assets", ["--admin-port", port], {
    DEWY_ADMIN_TOKEN: "correct-horse-battery-staple",
  });
  const place = `--admin-port ${port}`;
  assert.equal((await host.run(`history ${place}`)).code, 0);
  const without = await host.run(`hold ${place}`);
  assert.equal(without.code, 3, without.stderr);
  assert.match(without.stderr, /hint: .*token/i);
  const wrong = { DEWY_ADMIN_TOKEN: "wrong-horse-battery-staple" };
  assert.equal((await host.run(`hold ${place}`, wrong)).code, 3);
  assert.equal((await host.status()).hold, null);
  const right = { DEWY_ADMIN_TOKEN: "correct-horse-battery-staple" };
  assertDone(await host.run(`hold ${place}`, right));
  assert.notEqual((await host.status()).hold, null);
});

Deno.test("dewy events follows a deploy, and ends with dewy", async () => {
  await using host = await Host.start("assets");
  const [program, ...flags] = dewyCommand();
  const following = new Deno.Command(program, {
    args: [...flags, "events", "--json"],
    cwd: host.cwd,
    stdin: "null",
    stdout: "piped",
    // Whatever goes wrong, it ends.
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  const reader = following.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  let told = "";
  const readUntil = async (wanted: RegExp) => {
    while (!wanted.test(told)) {
      const { done, value } = await reader.read();
      assert.ok(!done, told);
      told += value;
    }
  };
  // What was before is told as well, so this shows that it has begun.
  await readUntil(/"tag":"v1\.1\.0"/);
  await host.registry.publish("v1.2.0");
  await readUntil(/"tag":"v1\.2\.0"/);
  await host.dewy.crash();
  await readUntil(/"code":"unreachable"/);
  const { code } = await following.status;
  assert.equal(code, 2);
  for (const line of told.trim().split("\n")) JSON.parse(line);
  await reader.cancel();
});

Deno.test("what a terminal would obey is shown, on a terminal and in a pipe", async () => {
  await using dir = await TempDir.create();
  const registry = await RegistryFolder.create(dir.join("registry"));
  await registry.publish("v1.0.0");
  const reason = "\x1b[2Jsale\u202e\x07";
  const cwd = dir.join("work");
  await Deno.mkdir(`${cwd}/.dewy`, { recursive: true });
  // The API takes no such reason; a file may hold anything.
  const hold = { at: Date.now(), reason };
  await Deno.writeTextFile(
    `${cwd}/.dewy/state.json`,
    JSON.stringify({ format: 1, failures: [], history: [], digests: {}, hold }),
  );
  const args = ["assets", "--registry", registry.url];
  await using dewy = DewyProcess.start({ cwd, args });
  await dewy.waitForLog("Deploy skipped");
  const env = { NO_COLOR: "1" };
  const piped = await runDewy(["status"], { cwd, env });
  assert.match(piped.stdout, /^Held +since .+: \\x1b\[2Jsale\\u202e\\x07$/m);
  // deno-lint-ignore no-control-regex -- these are what must not be there
  assert.doesNotMatch(piped.stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  const json = await runDewy(["status", "--json"], { cwd, env });
  assert.equal(JSON.parse(json.stdout).hold.reason, reason);

  const colored = await runOnTerminal(["status"], { cwd, columns: 50 });
  assert.equal(colored.code, 5, "nothing is in service yet");
  const escape = "\x1b[";
  assert.ok(colored.stdout.includes(`${escape}1mregistry (assets) on `));
  // deno-lint-ignore no-control-regex -- colours take no columns
  const plain = colored.stdout.replace(/\x1b\[\d+m/g, "");
  assert.ok(plain.includes("\\x1b[2Jsale\\u202e"), plain);
  assert.ok(!plain.includes("\x1b"), "there are colours only");
  const lines = plain.split("\n");
  assert.ok(lines.every((line) => [...line].length <= 50), plain);
  const options = { cwd, env, columns: 50 };
  const uncolored = await runOnTerminal(["status"], options);
  assert.ok(!uncolored.stdout.includes(escape));
});

Deno.test("a command to a running dewy needs no permission but for the way there", async () => {
  await using host = await Host.start("assets");
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const socket = `${host.cwd}/.dewy/admin.sock`;
  const command = [
    Deno.execPath(),
    ...["run", "--no-prompt", "--config", config, "--allow-env"],
    ...[`--allow-read=${socket}`, `--allow-write=${socket}`],
    ...[`--allow-net=localhost:80,unix:${socket}`, main],
  ];
  const options = { cwd: host.cwd, env: { NO_COLOR: "1" }, command };
  for (const line of ["status", "history", "plan", "resume"]) {
    const { code, stderr } = await runDewy([line], options);
    assert.deepEqual([code, stderr], [0, ""]);
  }
});

Deno.test("dewy doctor tells the ports of the running dewy from those of others", async () => {
  const mine = freePort();
  await using host = await Host.start("server", ["-p", `127.0.0.1:${mine}`]);
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const theirs = other.addr.port;
  const ports = [mine, theirs].map((port) => `-p 127.0.0.1:${port}`).join(" ");
  const { code, stdout } = await host.run(
    `doctor server --registry ${host.registry.url} ${ports} -- sleep 600`,
  );
  assert.equal(code, 1);
  const line = (level: string, port: number, rest: string) =>
    new RegExp(`^${level} +port ${port} +${rest}`, "m");
  assert.match(stdout, line("ok", mine, "it is taken by what runs here"));
  assert.match(stdout, line("fail", theirs, "another program listens"));
});
