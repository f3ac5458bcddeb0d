import assert from "node:assert/strict";
import { dewyCommand } from "../support/dewy_program.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { mount } from "../support/mount.ts";
import { freePort } from "../support/free_port.ts";
import { RegistryFolder } from "../support/registry_folder.ts";
import {
  runDewy,
  runOnTerminal,
  type RunOptions,
} from "../support/run_dewy.ts";
import { TempDir } from "../support/temp_dir.ts";
import { unprivileged } from "../support/unprivileged.ts";

interface Finding {
  readonly name: string;
  readonly level: string;
  readonly message: string;
  readonly remedy?: string;
}

/** What `dewy doctor --json` says, by what was looked at. */
class Report {
  readonly code: number;
  readonly findings: readonly Finding[];

  private constructor(code: number, findings: readonly Finding[]) {
    this.code = code;
    this.findings = findings;
  }

  static async of(
    args: readonly string[],
    options: RunOptions,
  ): Promise<Report> {
    const run = await runDewy(["doctor", "--json", ...args], options);
    assert.equal(run.stderr, "");
    return new Report(run.code, JSON.parse(run.stdout).findings);
  }

  find(name: string): Finding {
    const found = this.findings.find((finding) => finding.name === name);
    assert.ok(found, `${name} in ${JSON.stringify(this.findings)}`);
    return found;
  }

  get failed(): readonly string[] {
    return this.findings.filter(({ level }) => level === "fail")
      .map(({ name }) => name);
  }
}

/** A registry with one version, and an empty working directory beside it. */
async function prepare(dir: TempDir) {
  const registry = await RegistryFolder.create(dir.join("registry"));
  await registry.publish("v1.0.0");
  const cwd = dir.join("work");
  await Deno.mkdir(cwd);
  const home = Deno.env.get("HOME") ?? "/root";
  const env = {
    NO_COLOR: "1",
    // Not the credentials of whoever runs the tests, but the packages.
    HOME: dir.path,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${home}/.cache/deno`,
  };
  return { registry, cwd, env, args: ["--registry", registry.url] };
}

Deno.test("dewy doctor finds a good host in order, and leaves nothing behind", async () => {
  await using dir = await TempDir.create();
  const { cwd, env, args } = await prepare(dir);
  const port = freePort();
  const line = ["server", ...args, "-p", String(port), "--", "./current/app"];
  const report = await Report.of(line, { cwd, env });
  assert.deepEqual([report.code, report.failed], [0, []]);
  assert.match(report.find("registry").message, /v1\.0\.0 \(app_linux_/);
  assert.match(report.find("program").message, /comes with the first release/);
  assert.equal(report.find(`port ${port}`).message, "it is free");
  assert.match(report.find("disk").message, / are free in /);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(cwd)), []);
});

Deno.test("dewy doctor tells each thing that would fail, with a remedy", async () => {
  await using dir = await TempDir.create();
  const { registry, cwd, env } = await prepare(dir);
  await registry.withdraw("v1.0.0");
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await Deno.mkdir(`${cwd}/current`);
  const key = dir.join("key.json");
  await Deno.writeTextFile(key, "{}", { mode: 0o644 });
  const report = await Report.of([
    ...["server", "--registry", registry.url],
    ...["-p", `127.0.0.1:${taken.addr.port}`],
    ...["--notifier", "carrier-pigeon://coop", "--", "no-such-program"],
  ], { cwd, env: { ...env, GOOGLE_APPLICATION_CREDENTIALS: key } });
  assert.equal(report.code, 1);
  assert.deepEqual(report.failed, [
    "current",
    "registry",
    `port ${taken.addr.port}`,
    "program",
    "notifier",
  ]);
  assert.match(report.find("secrets").message, /mode 0644/);
  assert.equal(report.find("secrets").remedy, `chmod 600 '${key}'`);
  for (const { level, name, remedy } of report.findings) {
    assert.ok(level === "ok" || (remedy ?? "") !== "", `remedy for ${name}`);
  }
});

Deno.test("dewy doctor says what it can when the options are incomplete", async () => {
  await using dir = await TempDir.create();
  const { cwd, env, args } = await prepare(dir);
  const report = await Report.of(["server", ...args], {
    cwd,
    env: { ...env, DEWY_INTERVALL: "1m" },
  });
  assert.deepEqual([report.code, report.failed], [1, ["settings"]]);
  assert.match(report.find("settings").message, /no program was given/);
  assert.ok(
    report.findings.some(({ remedy }) =>
      remedy === "Did you mean DEWY_INTERVAL?"
    ),
  );
  assert.equal(report.find("registry").level, "ok");
});

Deno.test("dewy doctor finds a folder that it may not write to", async () => {
  await using dir = await TempDir.create();
  const { cwd, env, args } = await prepare(dir);
  await Deno.chmod(cwd, 0o555);
  const command = unprivileged(dewyCommand());
  const report = await Report.of(args, { cwd, env, command });
  await Deno.chmod(cwd, 0o755);
  assert.deepEqual(report.failed, ["working directory", "cache"]);
  const { message, remedy } = report.find("working directory");
  assert.match(message, /Permission denied/);
  assert.match(remedy ?? "", /owner and mode/);
});

Deno.test({
  name: "dewy doctor tells that the disk is nearly full",
  // Only root may mount.
  ignore: Deno.uid() !== 0,
  async fn() {
    await using dir = await TempDir.create();
    const { cwd, env, args } = await prepare(dir);
    const small = ["-t", "tmpfs", "-o", "size=20m,nr_inodes=500", "tmpfs"];
    await using _disk = await mount(small, cwd);
    const report = await Report.of(args, { cwd, env });
    assert.deepEqual(report.failed, ["disk", "inodes"]);
    assert.match(
      report.find("disk").message,
      /^(20|19\.\d+) ?MiB are free in /,
    );
    assert.match(report.find("disk").remedy ?? "", /--keep-releases/);
  },
});

Deno.test("dewy doctor works beside a running dewy, and knows whose ports are taken", async () => {
  await using dir = await TempDir.create();
  const { registry, cwd, env } = await prepare(dir);
  await registry.publish("v1.0.1");
  const port = freePort();
  const line = [
    ...["server", "--registry", registry.url, "-p", `127.0.0.1:${port}`],
    ...["--confirm-time", "0"],
    ...["--", "sleep", "600"],
  ];
  await using dewy = DewyProcess.start({ cwd, args: line, env });
  await dewy.waitForLog("Deployment completed successfully");
  const before = await Array.fromAsync(Deno.readDir(cwd));
  const report = await Report.of(line, { cwd, env });
  assert.deepEqual([report.code, report.failed], [0, []]);
  assert.match(report.find("dewy").message, new RegExp(`process ${dewy.pid}`));
  const { message } = report.find(`port ${port}`);
  assert.match(message, /^it is taken by what runs here \(dewy /);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(cwd)), before);
});

Deno.test("dewy doctor tells that the registry wants credentials, and compares its clock", async () => {
  await using dir = await TempDir.create();
  const { cwd, env } = await prepare(dir);
  let now = Date.now() - 10 * 60_000;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response(null, {
        status: 401,
        headers: { date: new Date(now).toUTCString() },
      }),
  );
  const args = ["--registry", `img://localhost:${server.addr.port}/acme/web`];
  const behind = await Report.of(args, { cwd, env });
  assert.equal(behind.find("clock").level, "fail");
  assert.match(behind.find("clock").message, /^it is (10m|9m 59s).* ahead of/);
  assert.match(behind.find("clock").remedy ?? "", /timedatectl/);
  // Nor does it take these credentials.
  assert.match(behind.find("registry").message, /: status 401$/);
  assert.match(behind.find("registry").remedy ?? "", /DOCKER_PASSWORD/);
  now = Date.now();
  const right = await Report.of(args, { cwd, env });
  assert.equal(right.find("clock").level, "ok");
});

Deno.test("dewy doctor asks the container engine for its version", async () => {
  await using dir = await TempDir.create();
  const { cwd, env } = await prepare(dir);
  const path = dir.join("engine.sock");
  const args = ["--registry", "img://localhost:1/acme/web", "-p", "0"];
  const options = {
    cwd,
    env: { ...env, DOCKER_HOST: `unix://${path}` },
  };
  args.splice(-1, 1, String(freePort()));
  const away = await Report.of(args, options);
  assert.equal(away.find("engine").level, "fail");
  assert.match(away.find("engine").remedy ?? "", /DOCKER_HOST/);
  await using _ = Deno.serve({ path, onListen: () => {} }, () =>
    Response.json({
      Version: "27.0.1",
      ApiVersion: "1.46",
      MinAPIVersion: "1.24",
    }));
  const there = await Report.of(args, options);
  assert.equal(there.find("engine").message, "docker 27.0.1 answers, API 1.46");
});

Deno.test("dewy doctor prints a line for each thing on a terminal", async () => {
  await using dir = await TempDir.create();
  const { cwd, env } = await prepare(dir);
  const secret = "hunter2hunter2";
  const { code, stdout } = await runOnTerminal(
    [
      "doctor",
      "--registry",
      `s3://b/p?endpoint=http://u:${secret}@127.0.0.1:1`,
    ],
    { cwd, env: { ...env, NO_COLOR: "" }, columns: 80 },
  );
  assert.equal(code, 1, stdout);
  assert.ok(stdout.includes("\x1b[32mok  \x1b[0m  working directory"), stdout);
  assert.ok(stdout.includes("\x1b[31mfail\x1b[0m  registry "), stdout);
  assert.match(stdout, /\d+ looked at: \d failed, \d with a warning/);
  assert.ok(!stdout.includes(secret), "no password is shown");
});
