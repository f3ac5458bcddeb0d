import assert from "node:assert/strict";
import { join } from "node:path";
import { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { RegistryFolder } from "../support/registry_folder.ts";
import { type DewyRun, runDewy, runOnTerminal } from "../support/run_dewy.ts";
import { TempDir } from "../support/temp_dir.ts";

const COLUMNS = 72;
// deno-lint-ignore no-control-regex -- colours take no columns
const COLOR = /\x1b\[\d+m/g;
const TIME = /\b\d{4}-\d\d-\d\dT?[ ]?\d\d:\d\d/;

/** Each command to a running dewy, in an order that makes sense, and what a person reads. */
const LINES: readonly (readonly [line: string, shows: RegExp])[] = [
  [
    "status",
    /^Version +v1\.1\.0, for [\dms ]+\nPrevious +v1\.0\.0, since [\dms ]+ ago$/m,
  ],
  ["history", /^WHEN +VERSION +OUTCOME .*\n.* ago +v1\.1\.0 +deployed/m],
  ["plan", /^Would deploy nothing: [^]*^v1\.0\.0 +older/m],
  ["hold --reason sale", /^No deploys start until "dewy resume"\n$/],
  ["status", /^Held +for [^]*: sale$/m],
  ["resume", /^Deploys start again\n$/],
  ["deploy", /^v1\.1\.0 is deployed\n$/],
  ["pin v1.1.0", /^v1\.1\.0 is pinned: it is in service\n$/],
  ["unpin", /^v1\.1\.0 is no longer pinned\n$/],
  ["restart", /^The application is restarted in the version that it has\n$/],
  ["rollback --wait", /\nv1\.0\.0 is in service\n$/],
];

Deno.test("each command of an operator is for people on a terminal, and plain in a pipe", async () => {
  await using dir = await TempDir.create();
  const registry = await RegistryFolder.create(dir.join("registry"));
  await registry.publish("v1.0.0");
  const cwd = dir.join("work");
  await Deno.mkdir(cwd);
  await using dewy = DewyProcess.start({
    cwd,
    args: [
      ...["server", "--registry", registry.url, "--interval", "200ms"],
      ...["--confirm-time", "0", "--", "sleep", "600"],
    ],
  });
  const isDeployed = (tag: string) =>
    dewy.waitForLog("Deployment completed successfully", { tag });
  await isDeployed("v1.0.0");
  await registry.publish("v1.1.0");
  await isDeployed("v1.1.0");
  for (const [line, shows] of LINES) {
    const args = line.split(" ");
    await isQuiet(cwd);
    const run = await runOnTerminal(args, { cwd, columns: COLUMNS });
    assert.equal(run.code, 0, `${line}: ${run.stdout}`);
    assertForPeople(line, run, shows);
  }
  for (const line of ["status", "history", "plan"]) {
    const piped = await runDewy([line], { cwd });
    assert.deepEqual([piped.code, piped.stderr], [0, ""]);
    assert.ok(!piped.stdout.includes("\x1b"), "no colours in a pipe");
    if (line !== "plan") assert.match(piped.stdout, TIME);
    const json = await runOnTerminal([line, "--json"], {
      cwd,
      columns: COLUMNS,
    });
    assert.equal(typeof JSON.parse(json.stdout), "object");
    assert.ok(!json.stdout.includes("\x1b"), "no colours in JSON");
  }
});

Deno.test("what goes wrong is told on a terminal with what to do, and by the exit code", async () => {
  await using dir = await TempDir.create();
  const run = await runOnTerminal(["rollback"], {
    cwd: dir.path,
    columns: COLUMNS,
  });
  assert.equal(run.code, 2);
  const text = run.stdout.replace(COLOR, "");
  assert.match(text, /^Error: Cannot reach a running dewy/m);
  assert.match(text, /^ *hint: /m);
  await assert.rejects(Deno.stat(join(dir.path, ".dewy")), {
    name: "NotFound",
  });
});

/** What a person reads fits on the terminal, and has ages in the place of times. */
function assertForPeople(line: string, run: DewyRun, shows: RegExp): void {
  const text = run.stdout.replace(COLOR, "");
  assert.match(text, shows, `${line}:\n${text}`);
  assert.ok(!text.includes("\x1b"), `${line}: there are colours only`);
  const [command = ""] = line.split(" ");
  if (!["status", "history", "plan"].includes(command)) return;
  assert.doesNotMatch(text, TIME, line);
  assert.match(run.stdout, COLOR, `${line} has no colours`);
  for (const one of text.split("\n")) {
    assert.ok([...one].length <= COLUMNS, `${line}: "${one}" is too wide`);
  }
}

/** Waits until dewy only waits for the next poll. */
async function isQuiet(cwd: string): Promise<void> {
  await eventually(async () => {
    const { stdout } = await runDewy(["status", "--json"], { cwd });
    const { phase, deploying } = JSON.parse(stdout);
    return phase !== "deploying" && deploying === null;
  }, { timeoutMs: 30_000, message: "the deploy is over" });
}
