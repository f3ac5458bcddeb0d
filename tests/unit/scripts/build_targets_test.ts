import assert from "node:assert/strict";
import {
  archiveName,
  findTarget,
  TARGETS,
} from "../../../scripts/build/targets.ts";
import { parseOptions } from "../../../scripts/build/options.ts";
import { platformOf, selectArtifact } from "../../../src/base/platform.ts";

const PUBLISHED = [
  "SHA256SUMS",
  "VERSION",
  "dewy.cdx.json",
  "install.sh",
  ...TARGETS.map(archiveName),
];

for (const target of TARGETS) {
  Deno.test(`dewy on ${target.name} chooses its own archive`, () => {
    const [arch = ""] = target.triple.split("-");
    const platform = platformOf(target.os, arch);
    assert.equal(platform.arch, target.arch);
    for (const names of [PUBLISHED, PUBLISHED.toReversed()]) {
      assert.equal(selectArtifact(names, platform), archiveName(target));
    }
  });
}

Deno.test("a target that is not built is refused with those that are", () => {
  assert.throws(() => findTarget("windows-x64"), /linux-x64, .*Windows has/s);
  assert.throws(() => findTarget("linux-386"), /macos-arm64$/);
});

Deno.test("parseOptions() takes targets by name, all, or this machine", () => {
  const names = (...args: string[]) =>
    parseOptions(args, {})?.targets.map(({ name }) => name);
  assert.equal(names()?.length, 1);
  assert.deepEqual(names("--target", "macos-arm64"), ["macos-arm64"]);
  const twice = ["--target", "linux-x64", "--target", "linux-x64"];
  assert.deepEqual(names(...twice), ["linux-x64"]);
  assert.deepEqual(names("--all"), TARGETS.map(({ name }) => name));
  assert.equal(parseOptions(["--help"], {}), undefined);
});

Deno.test("parseOptions() refuses what cannot be", () => {
  assert.throws(() => parseOptions(["--targets"], {}), /"--targets"/);
  assert.throws(() => parseOptions(["linux-x64"], {}), /"linux-x64"/);
  for (const url of ["https://h/a'b", "https://h/$(id)", "ftp://h/"]) {
    assert.throws(() => parseOptions(["--releases-url", url], {}), /plain/);
  }
  const env = { DENORT_BIN: "/usr/bin/denort" };
  assert.throws(() => parseOptions(["--all"], env), /one DENORT_BIN/);
  const one = parseOptions(["--target", "linux-arm64"], env);
  assert.equal(one?.targets.length, 1);
});
