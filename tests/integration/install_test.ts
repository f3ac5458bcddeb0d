import assert from "node:assert/strict";
import {
  INSTALL_SCRIPT,
  INSTALL_TOOLS,
  InstallHost,
} from "../support/install_host.ts";

const SHELLS = [["dash"], ["busybox", "ash"], ["bash", "--posix"]] as const;

Deno.test("install.sh is clean under shellcheck", async () => {
  const { code, stdout } = await new Deno.Command("shellcheck", {
    args: ["--shell=sh", INSTALL_SCRIPT],
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "");
  assert.equal(code, 0);
});

for (const shell of SHELLS) {
  Deno.test(`${shell.join(" ")}: install.sh installs, upgrades, goes back and uninstalls`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({ version: "1.2.3" });
    const first = await host.install({ shell });
    assert.equal(first.code, 0, first.output);
    assert.equal(await host.installed(), "1.2.3");
    host.releases.publish({ version: "1.3.0" });
    assert.equal((await host.install({ shell })).code, 0);
    assert.equal(await host.installed(), "1.3.0");
    const env = { DEWY_VERSION: "v1.2.3" };
    assert.equal((await host.install({ shell, env })).code, 0);
    assert.equal(await host.installed(), "1.2.3");
    assert.deepEqual(await host.names(), ["dewy"]);
    const removed = await host.install({ shell, args: ["--uninstall"] });
    assert.equal(removed.code, 0, removed.output);
    assert.deepEqual(await host.names(), []);
  });

  Deno.test(`${shell.join(" ")}: install.sh changes nothing for a bad release`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({ version: "1.0.0" });
    assert.equal((await host.install({ shell })).code, 0);
    const cases = [
      [{ version: "1.1.0", fault: "wrong-sum" }, /wrong checksum/],
      [{ version: "1.1.1", fault: "truncated" }, /wrong checksum/],
      [{ version: "1.1.2", fault: "missing-sum" }, /no checksum of dewy_/],
      [{ version: "1.1.3", fault: "no-sums" }, /SHA256SUMS/],
      [{ version: "1.1.4", program: "#!/bin/false\n" }, /does not run/],
    ] as const;
    for (const [release, why] of cases) {
      host.releases.publish(release);
      const { code, output } = await host.install({ shell });
      assert.equal(code, 1, output);
      assert.match(output, why);
    }
    const unknown = await host.install({ shell, args: ["--version", "9.9.9"] });
    assert.equal(unknown.code, 1);
    assert.match(unknown.output, /is there a release v9\.9\.9\?/);
    assert.equal(await host.installed(), "1.0.0");
    assert.deepEqual(await host.names(), ["dewy"]);
  });
}

for (const downloader of ["curl", "wget"]) {
  Deno.test(`install.sh does with ${downloader} and openssl alone`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({ version: "1.2.3" });
    const PATH = await host.tools(`${INSTALL_TOOLS} ${downloader}`);
    const shell = ["/bin/dash"] as const;
    const { code, output } = await host.install({ shell, env: { PATH } });
    assert.equal(code, 0, output);
    assert.equal(await host.installed(), "1.2.3");
    host.releases.publish({ version: "1.3.0", fault: "truncated" });
    assert.equal((await host.install({ shell, env: { PATH } })).code, 1);
  });
}

Deno.test("install.sh writes a unit that names the installed program", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  const args = ["--systemd", "shop", "--", "assets", "--registry", "file:///r"];
  const { code, output } = await host.install({ args });
  assert.equal(code, 0, output);
  const unit = host.dir.join("shop.service");
  assert.equal(
    await Deno.readTextFile(unit),
    `ExecStart=${host.folder}/dewy init systemd --unit shop ` +
      "-- assets --registry file:///r\n",
  );
  const again = await host.install({ args });
  assert.equal(again.code, 1);
  assert.match(again.output, /shop\.service is there already/);
});

Deno.test("install.sh refuses a wrong command line", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  const cases = [
    ["--versoin"],
    ["--version"],
    ["--systemd", "shop"],
    ["--systemd", "a/b", "--", "server"],
  ];
  for (const args of cases) {
    assert.equal((await host.install({ args })).code, 2);
  }
  const wrong = await host.install({ args: ["--version", "1.2.3/../.."] });
  assert.equal(wrong.code, 1);
  assert.match(wrong.output, /not a version/);
  const nowhere = await host.install({ env: { DEWY_DOWNLOAD_BASE: "" } });
  assert.match(nowhere.output, /does not know where releases are/);
});
