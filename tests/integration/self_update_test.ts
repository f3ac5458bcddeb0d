import assert from "node:assert/strict";
import { join } from "node:path";
import { FilesystemError } from "../../src/base/errors.ts";
import { selfUpdate } from "../../src/cli/self_update.ts";
import { fromFolder } from "../../scripts/paths.ts";
import { DEWY_FLAGS } from "../../scripts/runtime_flags.ts";
import { dewyCommand } from "../support/dewy_program.ts";
import { freePort } from "../support/free_port.ts";
import { eventually } from "../support/eventually.ts";
import { InstalledProgram } from "../support/installed_program.ts";
import { mount } from "../support/mount.ts";
import { standIn } from "../support/release_server.ts";

const LATEST = { check: false, version: undefined, force: false };

Deno.test("selfUpdate() replaces the program by the latest release", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "1.1.0" });
  await selfUpdate(LATEST, installed.host());
  await installed.has("1.1.0");
  assert.match(installed.printed.join(""), /from 1\.0\.0 to v1\.1\.0/);
});

Deno.test("selfUpdate() takes the version that is asked for, an older one too", async () => {
  await using installed = await InstalledProgram.create();
  for (const version of ["0.9.0", "1.1.0"]) {
    installed.releases.publish({ version });
  }
  await selfUpdate({ ...LATEST, version: "0.9.0" }, installed.host());
  await installed.has("0.9.0");
});

Deno.test("selfUpdate() changes nothing when it only looks, or when there is nothing newer", async () => {
  const cases = [
    ["1.1.0", { ...LATEST, check: true }, /can be updated to v1\.1\.0/],
    ["1.0.0", LATEST, /nothing to do/],
    ["0.9.0", LATEST, /newer than the latest release, v0\.9\.0/],
  ] as const;
  for (const [version, request, told] of cases) {
    await using installed = await InstalledProgram.create();
    installed.releases.publish({ version });
    await selfUpdate(request, installed.host());
    assert.match(installed.printed.join(""), told);
    await installed.has("1.0.0");
    assert.equal(installed.releases.requests.length, 1);
  }
});

Deno.test("selfUpdate() changes nothing for a bad release", async () => {
  await using installed = await InstalledProgram.create();
  const cases = [
    [{ version: "1.1.0", fault: "wrong-sum" }, /SHA-256 is .*published is 0/],
    [{ version: "1.1.1", fault: "truncated" }, /SHA-256 is/],
    [{ version: "1.1.2", fault: "missing-sum" }, /has no checksum of it/],
    [{ version: "1.1.3", fault: "no-sums" }, /SHA256SUMS": the server/],
    [{ version: "1.1.4", program: "#!/bin/false\n" }, /does not run here/],
    [{ version: "1.1.5", program: standIn("1.0.0") }, /it said "dewy version/],
  ] as const;
  for (const [release, why] of cases) {
    installed.releases.publish(release);
    await assert.rejects(selfUpdate(LATEST, installed.host()), why);
    await installed.has("1.0.0");
  }
});

Deno.test("selfUpdate() refuses what is not its own to replace", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "1.1.0" });
  const cases = [
    [{ isCompiled: false }, /this dewy is a script/],
    [{ program: "/usr/bin/dewy" }, /a package manager looks after/],
    [{ program: "/opt/homebrew/Cellar/dewy/1/bin/dewy" }, /package manager/],
    [{ releasesUrl: "https://releases.invalid/dewy" }, /does not know where/],
  ] as const;
  for (const [changes, why] of cases) {
    await assert.rejects(selfUpdate(LATEST, installed.host(changes)), why);
  }
  const wrong = { ...LATEST, version: "../1.0.0" };
  await assert.rejects(selfUpdate(wrong, installed.host()), /is no version/);
});

Deno.test("selfUpdate() says what answers in place of a version", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "<html>" });
  await assert.rejects(selfUpdate(LATEST, installed.host()), /holds none/);
  const releasesUrl = `${installed.releases.base}/nowhere`;
  const gone = installed.host({ releasesUrl });
  await assert.rejects(selfUpdate(LATEST, gone), /the server answers 404/);
});

Deno.test("dewy self-update explains that a script does not replace itself", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "999.0.0" });
  const [program, ...args] = dewyCommand();
  const { code, stderr } = await new Deno.Command(program, {
    args: [...args, "self-update"],
    cwd: installed.dir.path,
    env: { DEWY_DOWNLOAD_BASE: installed.releases.base, NO_COLOR: "1" },
  }).output();
  const told = new TextDecoder().decode(stderr);
  assert.match(told, /^Error: Cannot update: this dewy is a script that/);
  assert.equal(code, 1);
});

Deno.test("selfUpdate() says that the folder of the program cannot be written", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "1.1.0" });
  const folder = installed.dir.join("read-only");
  await Deno.mkdir(folder);
  await using _mounted = await mount(
    ["-t", "tmpfs", "-o", "ro", "tmpfs"],
    folder,
  );
  const host = installed.host({ program: join(folder, "dewy") });
  await assert.rejects(
    selfUpdate(LATEST, host),
    (error: Error) =>
      error instanceof FilesystemError &&
      /its folder cannot be written$/.test(error.message) &&
      /read-only/.test(error.hint ?? ""),
  );
});

Deno.test("selfUpdate() leaves nothing on a full disk", async () => {
  await using installed = await InstalledProgram.create();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  installed.releases.publish({ version: "1.1.0", program: noise });
  const folder = installed.dir.join("full");
  await Deno.mkdir(folder);
  await using _mounted = await mount(
    ["-t", "tmpfs", "-o", "size=64k", "tmpfs"],
    folder,
  );
  const program = join(folder, "dewy");
  await Deno.writeTextFile(program, standIn("1.0.0"), { mode: 0o755 });
  await assert.rejects(
    selfUpdate(LATEST, installed.host({ program })),
    (error: Error) =>
      error instanceof FilesystemError && /disk is full/.test(error.hint ?? ""),
  );
  const names = await Array.fromAsync(Deno.readDir(folder));
  assert.deepEqual(names.map(({ name }) => name), ["dewy"]);
  assert.equal(await Deno.readTextFile(program), standIn("1.0.0"));
});

Deno.test("dewy self-update says why a server cannot be reached, without a stack", async () => {
  await using installed = await InstalledProgram.create();
  const [program, ...args] = dewyCommand();
  const DEWY_DOWNLOAD_BASE = `http://127.0.0.1:${freePort()}/dewy`;
  const { code, stderr } = await new Deno.Command(program, {
    args: [...args, "self-update", "--check"],
    cwd: installed.dir.path,
    env: { DEWY_DOWNLOAD_BASE, NO_COLOR: "1" },
  }).output();
  assert.match(
    new TextDecoder().decode(stderr),
    /^Error: Cannot read "[^"]+"\n {2}because: [^\n]+(?:\n {2}because: [^\n]+)*\n {2}hint: [^\n]+\n$/,
  );
  assert.equal(code, 2);
});

Deno.test("selfUpdate() reads sums that were written on Windows", async () => {
  await using installed = await InstalledProgram.create();
  const line = (sum: string, name: string) => `${sum} *${name}\r\n`;
  installed.releases.publish({ version: "1.1.0", line });
  await selfUpdate(LATEST, installed.host());
  await installed.has("1.1.0");
});

Deno.test("selfUpdate() refuses a program whose version only begins like the release's", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "1.1.1", program: standIn("1.1.10") });
  await assert.rejects(
    selfUpdate(LATEST, installed.host()),
    /version: 1\.1\.10/,
  );
  await installed.has("1.0.0");
});

Deno.test("selfUpdate() removes what a killed update has left, when that is a day old", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "1.1.0" });
  for (const [name, hours] of [["old", 25], ["new", 1]] as const) {
    const left = installed.dir.join(`.dewy-update-${name}`);
    await Deno.mkdir(left);
    await Deno.writeTextFile(join(left, "dewy"), "half");
    const time = new Date(Date.now() - hours * 3_600_000);
    await Deno.utime(left, time, time);
  }
  await selfUpdate(LATEST, installed.host());
  await Deno.remove(installed.dir.join(".dewy-update-new"), {
    recursive: true,
  });
  await installed.has("1.1.0");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends an update, and leaves nothing`, async () => {
    await using installed = await InstalledProgram.create();
    const { releases } = installed;
    releases.publish({ version: "1.1.0" });
    for (const platform of ["linux_amd64", "linux_arm64"]) {
      const name = `dewy_${platform}.tar.gz`;
      releases.hanging.add(`/releases/download/v1.1.0/${name}`);
    }
    const child = updateBy(installed).spawn();
    await eventually(
      () => releases.requests.some((url) => url.endsWith(".tar.gz")),
      { message: "the archive is asked for" },
    );
    child.kill(signal);
    assert.equal((await child.status).signal, signal);
    await installed.has("1.0.0");
  });
}

Deno.test("an update needs no permission that is not built in", async () => {
  await using installed = await InstalledProgram.create();
  installed.releases.publish({ version: "1.1.0" });
  const { success } = await updateBy(installed).output();
  assert.ok(success);
  await installed.has("1.1.0");
});

/** Returns the command that updates a program, with the permissions that dewy has. */
function updateBy({ program, releases }: InstalledProgram): Deno.Command {
  const config = fromFolder("../deno.json");
  const fixture = fromFolder("../tests/fixtures/update_program.ts");
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", ...DEWY_FLAGS, "--config", config, fixture],
      ...[program, releases.base],
    ],
    stdin: "null",
    stderr: "inherit",
  });
}
