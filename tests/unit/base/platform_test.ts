import { deepEqual, equal } from "node:assert/strict";
import { platformOf, selectArtifact } from "../../../src/base/platform.ts";

const LINUX = { os: "linux", arch: "amd64" };

Deno.test("selectArtifact() knows every spelling of a platform", () => {
  const cases: readonly [string, string, string][] = [
    ["linux", "amd64", "app_1.2.3_linux_amd64.tar.gz"],
    ["linux", "amd64", "App-Linux-x86_64.tgz"],
    ["linux", "amd64", "app-linux-x64.tar.zst"],
    ["linux", "amd64", "app-linux64.zip"],
    ["linux", "amd64", "app-x86_64-unknown-linux-musl.tar.xz"],
    ["linux", "arm64", "app-linux-aarch64.tar.bz2"],
    ["linux", "arm64", "app.linux.arm64.tar"],
    ["linux", "arm", "app_linux_armv6.tar.gz"],
    ["linux", "arm", "app_linux_armv7l.tar.gz"],
    ["linux", "arm", "app-linux-armhf.tzst"],
    ["linux", "386", "app_linux_i686.txz"],
    ["linux", "386", "app_linux_386.tbz2"],
    ["linux", "386", "app_linux_x86.zip"],
    ["darwin", "arm64", "app-macOS-arm64.zip"],
    ["darwin", "amd64", "app-osx-x64.zip"],
    ["darwin", "arm64", "app_darwin_universal.tar.gz"],
    ["darwin", "amd64", "app_darwin_all.tar.gz"],
    ["windows", "amd64", "app-win-x64.zip"],
    ["windows", "amd64", "app-win64.zip"],
    ["windows", "386", "app-win32-x86.zip"],
    ["freebsd", "amd64", "app_freebsd_amd64.tar.gz"],
    ["linux", "riscv64", "app_linux_riscv64.tar.gz"],
    ["linux", "amd64", "app-1.386.0_linux_amd64.tar.gz"],
    ["linux", "amd64", "arm-tool_linux_amd64.tar.gz"],
  ];
  for (const [os, arch, name] of cases) {
    equal(selectArtifact([name], { os, arch }), name, name);
  }
});

Deno.test("selectArtifact() does not take one word for another", () => {
  const cases: readonly [string, string, string][] = [
    ["linux", "arm", "app_linux_arm64.tar.gz"],
    ["linux", "386", "app_linux_x86_64.tar.gz"],
    ["linux", "386", "app_linux_x86-64.tar.gz"],
    ["windows", "amd64", "app_darwin_amd64.zip"],
    ["linux", "arm", "arm-tool_linux_amd64.tar.gz"],
    ["linux", "amd64", "linux-tools_darwin_amd64.tar.gz"],
    ["linux", "amd64", "charm64_linux.tar.gz"],
    ["linux", "arm64", "app-aarch64-linux-android.tar.gz"],
    ["linux", "amd64", "app_linux_universal.tar.gz"],
    ["linux", "386", "app-linux-1.386.0.tar.gz"],
  ];
  for (const [os, arch, name] of cases) {
    equal(selectArtifact([name], { os, arch }), undefined, name);
  }
});

Deno.test("selectArtifact() never takes a checksum, signature or description", () => {
  const endings = [
    ".sha256",
    ".asc",
    ".sig",
    ".sbom",
    ".json",
    ".pem",
    ".txt",
    ".intoto.jsonl",
    ".deb",
    ".gz",
  ];
  const names = endings.flatMap((ending) => [
    `app_linux_amd64.tar.gz${ending}`,
    `app_linux_amd64${ending}`,
  ]).concat(
    "app_linux_amd64.tar.gz~",
    "app_linux_amd64.zip.1",
    "app_linux_amd64~",
  );
  equal(
    selectArtifact(names.filter((name) => !name.endsWith(".tar.gz")), LINUX),
    undefined,
  );
});

Deno.test("selectArtifact() takes the first archive, else a bare executable", () => {
  const bare = "app-1.2.3-linux-amd64";
  equal(
    selectArtifact(
      [bare, "app_linux_amd64.zip", "b_linux_amd64.tar.gz"],
      LINUX,
    ),
    "app_linux_amd64.zip",
  );
  equal(selectArtifact(["app_linux_amd64.sha256", bare], LINUX), bare);
  equal(selectArtifact(["app.linux.amd64"], LINUX), "app.linux.amd64");
  equal(selectArtifact(["app-linux-x86_64"], LINUX), "app-linux-x86_64");
  equal(
    selectArtifact(["app_windows_amd64.exe"], { os: "windows", arch: "amd64" }),
    "app_windows_amd64.exe",
  );
});

Deno.test("selectArtifact() prefers what is made for one processor", () => {
  const names = ["app_darwin_all.tar.gz", "app_darwin_arm64.tar.gz"];
  const mac = { os: "darwin", arch: "arm64" };
  for (let round = 0; round < 3; round++) {
    equal(selectArtifact(names, mac), "app_darwin_arm64.tar.gz");
    equal(selectArtifact(names.slice(0, 1), mac), "app_darwin_all.tar.gz");
  }
});

Deno.test("platformOf() gives Go names", () => {
  deepEqual(platformOf("linux", "x86_64"), LINUX);
  deepEqual(platformOf("darwin", "aarch64"), { os: "darwin", arch: "arm64" });
  deepEqual(platformOf("linux", "s390x"), { os: "linux", arch: "s390x" });
});
