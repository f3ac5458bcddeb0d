import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { INSTALL_TOOLS, InstallHost } from "../support/install_host.ts";
import { standIn } from "../support/release_server.ts";

const SHELLS = [["dash"], ["busybox", "ash"], ["bash", "--posix"]] as const;
/** Owner and group of a file in an archive. */
const OTHER_USER = "1234:1234";

for (const shell of SHELLS) {
  Deno.test(`${shell.join(" ")}: install.sh takes no older release for the latest, unless it is named`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({ version: "1.10.0" });
    assert.equal((await host.install({ shell })).code, 0);
    for (const version of ["1.9.1", "0.11.0", "1.10.0-rc.1"]) {
      host.releases.publish({ version });
    }
    host.releases.publish({ version: "1.9.9" });
    const { code, output } = await host.install({ shell });
    assert.equal(code, 1);
    assert.match(output, /v1\.9\.9, is older than dewy 1\.10\.0 .*\n.*go back/);
    assert.equal(await host.installed(), "1.10.0");
    const args = ["--version", "1.9.1"];
    assert.equal((await host.install({ shell, args })).code, 0);
    assert.equal(await host.installed(), "1.9.1");
    // What is there may be no dewy, or a broken one.
    const program = join(host.folder, "dewy");
    await Deno.writeTextFile(program, "#!/bin/false\n");
    assert.equal((await host.install({ shell })).code, 0);
    assert.equal(await host.installed(), "1.9.9");
  });

  Deno.test(`${shell.join(" ")}: install.sh reads what was written on Windows`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({
      version: "1.2.3",
      versionText: "v1.2.3\r\n",
      line: (sum, name) => `${sum} *${name}\r\n`,
    });
    const { code, output } = await host.install({ shell });
    assert.equal(code, 0, output);
    assert.equal(await host.installed(), "1.2.3");
  });

  Deno.test(`${shell.join(" ")}: install.sh installs no other file, link nor folder for the program`, async () => {
    await using host = await InstallHost.create();
    const victim = host.dir.join("victim");
    await Deno.writeTextFile(victim, "untouched");
    const kinds: Readonly<Record<string, readonly string[]>> = {
      "other file": ["touch other", "other"],
      "symbolic link": [`ln -s ${victim} dewy`, "dewy"],
      "hard link": [`touch a; ln a dewy; tar -cf x a dewy`, "a dewy"],
      "folder": ["mkdir dewy; touch dewy/dewy", "dewy"],
      "path upwards": [
        "touch evil",
        "evil --transform=s,evil,dewy/../../evil,",
      ],
    };
    for (
      const [at, [kind, [make = "", names = ""]]] of Object.entries(kinds)
        .entries()
    ) {
      const archive = await archiveOf(host, `${make}; tar -czPf out ${names}`);
      host.releases.publish({ version: `1.0.${at}`, archive });
      const { code, output } = await host.install({ shell });
      assert.equal(code, 1, `${kind}: ${output}`);
      assert.deepEqual(await host.names(), [], kind);
      assert.equal(await Deno.readTextFile(victim), "untouched");
    }
  });

  Deno.test(`${shell.join(" ")}: install.sh gives the program to who installs it`, async () => {
    await using host = await InstallHost.create();
    await Deno.writeTextFile(host.dir.join("dewy"), standIn("1.2.3"));
    const archive = await archiveOf(
      host,
      `cp ../dewy . && chmod 6777 dewy && chown ${OTHER_USER} dewy && tar -czf out dewy`,
    );
    host.releases.publish({ version: "1.2.3", archive });
    const { code, output } = await host.install({ shell });
    assert.equal(code, 0, output);
    const { uid, gid, mode } = await Deno.stat(join(host.folder, "dewy"));
    assert.deepEqual([uid, gid, (mode ?? 0) & 0o7777], [
      Deno.uid(),
      Deno.gid(),
      0o755,
    ]);
  });
}

Deno.test("install.sh shows no more of a stranger's answer than a terminal can bear", async () => {
  await using host = await InstallHost.create();
  const versionText = `<html>\x1b]0;owned\x07${"x".repeat(5000)}\n<body>`;
  host.releases.publish({ version: "1.2.3", versionText });
  const { code, output } = await host.install();
  assert.equal(code, 1);
  assert.match(output, /VERSION holds no version.*\n.*"<html>/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(output, /[\x00-\x09\x0b-\x1f\x7f]/);
  assert.ok(output.length < 500, output);
});

Deno.test("install.sh refuses a program that is of another version than its release", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3", program: standIn("1.2.30") });
  const { code, output } = await host.install();
  assert.equal(code, 1);
  assert.match(output, /v1\.2\.3 says .*dewy version: 1\.2\.30/);
  assert.deepEqual(await host.names(), []);
});

for (const downloader of ["curl", "wget"]) {
  Deno.test(`install.sh does not wait for ever with ${downloader}, nor take what never ends`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({ version: "1.2.3" });
    const PATH = await host.tools(`${INSTALL_TOOLS} ${downloader}`);
    const script = await host.copyWith({
      stall_s: "1",
      largest: "64",
      tries: "1",
    });
    const shell = ["/bin/dash"] as const;
    const path = "/releases/latest/download/VERSION";
    for (const fault of ["hanging", "endless"] as const) {
      host.releases[fault].add(path);
      const { code, output } = await host.install({
        shell,
        script,
        env: { PATH },
      });
      assert.equal(code, 1, output);
      assert.match(output, /cannot read the latest version/);
      assert.deepEqual(await host.names(), []);
    }
  });
}

Deno.test("install.sh does not download over https with what cannot check certificates", async () => {
  await using host = await InstallHost.create();
  const PATH = await host.tools(`${INSTALL_TOOLS} busybox`);
  await Deno.rename(join(PATH, "busybox"), join(PATH, "wget"));
  const env = { PATH, DEWY_DOWNLOAD_BASE: "https://127.0.0.1:9/releases" };
  const { code, output } = await host.install({ shell: ["/bin/dash"], env });
  assert.equal(code, 1);
  assert.match(output, /wget does not check certificates\n.*Install curl/);
  // Without TLS there is nothing to check.
  host.releases.publish({ version: "1.2.3" });
  const plain = await host.install({ shell: ["/bin/dash"], env: { PATH } });
  assert.equal(plain.code, 0, plain.output);
});

Deno.test("install.sh removes what a killed run has left, when that is a day old", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  for (const [name, hours] of [["old", 25], ["new", 1]] as const) {
    const left = join(host.folder, `.dewy-install.${name}`);
    await Deno.mkdir(left, { recursive: true });
    await Deno.writeTextFile(join(left, "dewy"), "half");
    const time = new Date(Date.now() - hours * 3_600_000);
    await Deno.utime(left, time, time);
  }
  const { code, output } = await host.install();
  assert.equal(code, 0, output);
  assert.deepEqual(await host.names(), [".dewy-install.new", "dewy"]);
});

Deno.test("install.sh leaves no unit behind when the program cannot be replaced", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  // Only the last step, the rename to the program, fails.
  const PATH = `${host.dir.path}/fake:${Deno.env.get("PATH")}`;
  await Deno.mkdir(host.dir.join("fake"));
  await Deno.writeTextFile(
    host.dir.join("fake", "mv"),
    `#!/bin/sh\nfor last; do :; done\n[ "$last" = ${host.folder}/dewy ] && exit 1\nexec /bin/mv "$@"\n`,
    { mode: 0o755 },
  );
  const args = ["--systemd", "shop", "--", "assets", "--registry", "file:///r"];
  const { code, output } = await host.install({ args, env: { PATH } });
  assert.equal(code, 1);
  assert.match(output, /cannot replace/);
  assert.deepEqual(await host.names(), []);
  const units = (await Array.fromAsync(Deno.readDir(host.dir.path)))
    .filter(({ name }) => name.includes("shop"));
  assert.deepEqual(units, []);
});

/** Returns the file `out` that commands make in a folder of their own. */
async function archiveOf(
  host: InstallHost,
  commands: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ dir: host.dir.path });
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-ec", commands],
    cwd: folder,
  }).output();
  assert.ok(
    success,
    `${basename(folder)}: ${new TextDecoder().decode(stderr)}`,
  );
  return await Deno.readFile(join(folder, "out"));
}
