import assert from "node:assert/strict";
import { InstallRoot, type InstallSystem } from "../support/install_root.ts";

const GNU =
  "awk cat chmod cp cut find grep gzip head mkdir mktemp mv readlink" +
  " rm sed tar tr uname wc";

/** Systems that have nothing but what stands here; bash called "sh" is POSIX's, as macOS has it. */
const SYSTEMS: Readonly<Record<string, InstallSystem>> = {
  "busybox and nothing else": { shell: "busybox", programs: "busybox" },
  "dash, GNU tools and curl": {
    shell: "dash",
    programs: `${GNU} sha256sum curl`,
  },
  "bash, GNU tools, wget and openssl": {
    shell: "bash",
    programs: `${GNU} openssl wget`,
  },
};

for (const [what, system] of Object.entries(SYSTEMS)) {
  Deno.test(`install.sh does all its work in a root with ${what}`, async () => {
    await using root = await InstallRoot.create(system);
    root.releases.publish({ version: "1.2.3" });
    const first = await root.install();
    assert.equal(first.code, 0, first.output);
    assert.doesNotMatch(first.output, /not found|applet|invalid option/);
    assert.match(await root.says(), /^dewy version: 1\.2\.3 /);
    root.releases.publish({ version: "1.3.0" });
    assert.equal((await root.install()).code, 0);
    const bad = [
      ["wrong-sum", /wrong checksum/],
      ["truncated", /wrong checksum/],
      ["missing-sum", /no checksum of dewy_/],
      ["no-sums", /cannot download .*SHA256SUMS/],
    ] as const;
    for (const [at, [fault, why]] of bad.entries()) {
      root.releases.publish({ version: `1.4.${at}`, fault });
      const { code, output } = await root.install();
      assert.equal(code, 1, output);
      assert.match(output, why);
    }
    assert.match(await root.says(), /^dewy version: 1\.3\.0 /);
    assert.deepEqual(await root.names(), ["dewy"]);
    const back = await root.install("--version", "1.2.3");
    assert.equal(back.code, 0, back.output);
    assert.match(await root.says(), /^dewy version: 1\.2\.3 /);
    const removed = await root.install("--uninstall");
    assert.equal(removed.code, 0, removed.output);
    assert.deepEqual(await root.names(), []);
  });
}

Deno.test("install.sh knows a root with musl by its loader, and says what to do", async () => {
  await using root = await InstallRoot.create({
    shell: "busybox",
    programs: "busybox",
  });
  await Deno.mkdir(root.dir.join("lib"), { recursive: true });
  await Deno.writeTextFile(root.dir.join("lib/ld-musl-x86_64.so.1"), "");
  root.releases.publish({ version: "1.2.3" });
  const { code, output } = await root.install();
  assert.equal(code, 1);
  assert.match(output, /no dewy for musl.*\n.*glibc.*\n.*Debian's/);
  assert.deepEqual(root.releases.requests, []);
  assert.deepEqual(await root.names(), []);
});

Deno.test("install.sh takes the home of a user who may not write for all, and comes back to it", async () => {
  await using root = await InstallRoot.create({
    shell: "dash",
    programs: `${GNU} sha256sum curl`,
  });
  for (const version of ["1.2.3", "1.3.0"]) {
    root.releases.publish({ version });
    const { code, output } = await root.installAs(1234);
    assert.equal(code, 0, output);
    assert.match(output, /as \/root\/\.local\/bin\/dewy\n/);
    assert.match(output, /\/root\/\.local\/bin is not in PATH/);
    const said = await root.says("/root/.local/bin/dewy");
    assert.ok(said.startsWith(`dewy version: ${version} `), said);
  }
  assert.deepEqual(await root.names(), []);
});
