import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { INSTALL_TOOLS, InstallHost } from "../support/install_host.ts";
import { mount } from "../support/mount.ts";

Deno.test("install.sh says what is missing on a system without its tools", async () => {
  await using host = await InstallHost.create();
  const PATH = await host.tools(INSTALL_TOOLS);
  const shell = ["/bin/dash"] as const;
  const { code, output } = await host.install({ shell, env: { PATH } });
  assert.equal(code, 1);
  assert.match(output, /neither curl nor wget/);
  assert.deepEqual(await host.names(), []);
});

Deno.test("install.sh refuses systems that dewy is not built for", async () => {
  const cases = [
    ["uname", "echo FreeBSD", /no dewy for FreeBSD/],
    ["uname", "[ $1 = -s ] && echo Linux || echo riscv64", /for riscv64/],
    ["ldd", "echo musl libc >&2; exit 1", /for musl.*\n.*glibc/],
  ] as const;
  for (const [tool, body, why] of cases) {
    await using host = await InstallHost.create();
    const fake = host.dir.join("fake");
    await Deno.mkdir(fake);
    await Deno.writeTextFile(join(fake, tool), `#!/bin/sh\n${body}\n`, {
      mode: 0o755,
    });
    const PATH = `${fake}:${Deno.env.get("PATH")}`;
    const { code, output } = await host.install({ env: { PATH } });
    assert.equal(code, 1);
    assert.match(output, why);
    assert.deepEqual(host.releases.requests, []);
  }
});

Deno.test("install.sh goes through the proxy that the environment names", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  const proxy = new URL(host.releases.base).origin;
  // A name that nothing resolves: only the proxy can know it.
  const env = {
    DEWY_DOWNLOAD_BASE: "http://releases.invalid/releases",
    "http_proxy": proxy,
  };
  const through = await host.install({ env });
  assert.equal(through.code, 0, through.output);
  const dead = `http://127.0.0.1:${freePort()}`;
  const failed = await host.install({ env: { "http_proxy": dead } });
  assert.equal(failed.code, 1);
  assert.match(failed.output, /Check the network/);
  const around = { "http_proxy": dead, "no_proxy": "127.0.0.1" };
  assert.equal((await host.install({ env: around })).code, 0);
});

Deno.test("install.sh leaves nothing on a full disk", async () => {
  await using host = await InstallHost.create();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const program = new Uint8Array(40 * noise.length);
  for (let at = 0; at < 40; at++) {
    program.set(crypto.getRandomValues(noise), at * noise.length);
  }
  host.releases.publish({ version: "1.2.3", program });
  await Deno.mkdir(host.folder);
  await using _disk = await mount(
    ["-t", "tmpfs", "-o", "size=1m", "tmpfs"],
    host.folder,
  );
  const { code, output } = await host.install();
  assert.equal(code, 1);
  assert.match(output, /300 MB of free space/);
  assert.deepEqual(await host.names(), []);
});

Deno.test("install.sh says who may write when its user may not", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  await Deno.chmod(host.dir.path, 0o755);
  await Deno.mkdir(host.folder);
  const shell = [
    ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
    "dash",
  ] as const;
  const { code, output } = await host.install({ shell });
  assert.equal(code, 1);
  assert.match(output, /cannot write in .*\n.*another folder with --dir/);
  assert.deepEqual(host.releases.requests, []);
});

Deno.test("install.sh cleans up when it is interrupted", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.0.0" });
  assert.equal((await host.install()).code, 0);
  host.releases.publish({ version: "1.1.0" });
  for (const name of ["linux_amd64", "linux_arm64"]) {
    host.releases.hanging.add(`/releases/download/v1.1.0/dewy_${name}.tar.gz`);
  }
  // A session of its own, so that all of it can be signalled as Ctrl-C does.
  const running = host.install({ shell: ["setsid", "-w", "dash"] });
  const isHanging = () =>
    host.releases.requests.some((url) => url.endsWith("1.1.0/SHA256SUMS"));
  await eventually(isHanging, { message: "the archive is asked for" });
  const group = await eventually(() => groupOf(host.folder), {
    message: "the script's process group is found",
  });
  Deno.kill(-group, "SIGINT");
  const { code } = await running;
  assert.notEqual(code, 0);
  assert.equal(await host.installed(), "1.0.0");
  assert.deepEqual(await host.names(), ["dewy"]);
});

Deno.test("install.sh leaves alone what another tool manages", async () => {
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  await Deno.mkdir(host.folder);
  await Deno.symlink("/opt/tool/dewy", join(host.folder, "dewy"));
  for (const args of [[], ["--uninstall"]]) {
    const { code, output } = await host.install({ args });
    assert.equal(code, 1);
    assert.match(output, /symbolic link to \/opt\/tool\/dewy/);
  }
});

/** Finds the process group that holds the hidden folder of a running script. */
async function groupOf(folder: string): Promise<number | undefined> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name) || name === "self") continue;
    const read = (file: string) =>
      Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "");
    const words = (await read("cmdline")).split("\0");
    if (words[0] !== "curl" || !words.some((word) => word.startsWith(folder))) {
      continue;
    }
    const stat = await read("stat");
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    if (group > 1) return group;
  }
  return undefined;
}
