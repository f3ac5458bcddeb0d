import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import { GRACE_PERIOD_MS } from "../../src/registry/registry.ts";
import {
  ARTIFACT,
  latest,
  latestRelease,
  latestTag,
  NEVER,
  type OpenHarness,
  publishAll,
  read,
  type RegistryHarness,
  reportOf,
} from "./registry_harness.ts";

/** Tests what every {@link Registry} must do; with `only`, the behaviours of these names. */
export function testRegistry(
  name: string,
  openHarness: OpenHarness,
  options: { readonly only?: readonly string[] } = {},
): void {
  const { only } = options;
  const unseen = new Set(only);
  const test = (
    behaviour: string,
    body: (harness: RegistryHarness) => Promise<void>,
  ) => {
    unseen.delete(behaviour);
    if (only !== undefined && !only.includes(behaviour)) return;
    Deno.test(`${name} registry: ${behaviour}`, async () => {
      await using harness = await openHarness();
      await body(harness);
    });
  };
  testChoice(test);
  testRules(test);
  testMissing(test);
  testFailures(test);
  testNames(test);
  testReport(test);
  equal([...unseen].join(), "", "the suite has no behaviour of that name");
}

type Test = (
  behaviour: string,
  body: (harness: RegistryHarness) => Promise<void>,
) => void;

function testChoice(test: Test): void {
  test("latest() returns the newest version", async (harness) => {
    await publishAll(harness, ["v1.9.0", "v1.10.0", "v1.10.1-rc.1", "v0.99.9"]);
    const release = await latestRelease(harness, {});
    equal(release.tag, "v1.10.0");
    equal(release.artifactName, ARTIFACT);
    equal(release.size, "v1.10.0".length);
    equal(await read(harness, release.artifactUrl), "v1.10.0");
  });
  test("latest() counts pre-releases when asked", async (harness) => {
    await publishAll(harness, ["v1.10.0", "v1.10.1-rc.1", "v1.10.1-beta.9"]);
    equal(await latestTag(harness, { preRelease: true }), "v1.10.1-rc.1");
  });
  test("latest() filters by slot before it chooses", async (harness) => {
    await publishAll(harness, ["v1.0.0+blue", "v1.1.0+green"]);
    const release = await latestRelease(harness, { slot: "blue" });
    deepEqual([release.tag, release.slot], ["v1.0.0+blue", "blue"]);
    equal((await latest(harness, { slot: "red" })).kind, "filtered");
  });
}

function testRules(test: Test): void {
  test("rules are those it was opened with", async (harness) => {
    const options = { slot: "blue", calver: "YYYY.0M", version: "2024.x" };
    const { rules } = await harness.open({ ...options, preRelease: true });
    deepEqual(rules, {
      preRelease: true,
      slot: "blue",
      calver: "YYYY.0M",
      constraint: "2024.x",
    });
  });
  test("latest() keeps to the constraint", async (harness) => {
    await publishAll(harness, ["v1.4.0", "v1.5.0-rc.1", "v2.0.0"]);
    equal(await latestTag(harness, { version: "^1.4" }), "v1.4.0");
    equal(
      await latestTag(harness, { version: "^1.4", preRelease: true }),
      "v1.5.0-rc.1",
    );
    equal(await latestTag(harness, { version: "v1.4.0" }), "v1.4.0");
    const none = await latest(harness, { version: "^3" });
    ok(none.kind === "filtered" && none.reason.includes('"^3"'));
  });
  test("latest() reads CalVer", async (harness) => {
    await publishAll(harness, [
      "2024.01.15.3",
      "2024.01.15.10",
      "2023.12.31.9",
    ]);
    equal(
      await latestTag(harness, { calver: "YYYY.0M.0D.MICRO" }),
      "2024.01.15.10",
    );
  });
  test("latest() passes over names that are no version", async (harness) => {
    await publishAll(harness, [
      "latest",
      "v1",
      "v1.2.3.4",
      "v0.1.0",
      "nightly-2",
    ]);
    equal(await latestTag(harness, {}), "v0.1.0");
  });
  test("latest() chooses among 2,500 versions", async (harness) => {
    const tags = Array.from(
      { length: 2500 },
      (_, index) => `v1.${index % 50}.${Math.floor(index / 50)}`,
    );
    await publishAll(harness, tags);
    equal(await latestTag(harness, {}), "v1.49.49");
  });
}

function testMissing(test: Test): void {
  test("latest() passes over a version without its artifact", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    await harness.publish("v1.1.0", { "app_darwin_arm64.tar.gz": "mac" });
    const found = await latest(harness, {});
    ok(found.kind === "release");
    equal(found.release.tag, "v1.0.0");
    const [missing, ...others] = found.incomplete;
    deepEqual([missing?.tag, others], ["v1.1.0", []]);
    ok(missing?.withinGrace);
    ok(missing.reason.startsWith("artifact not found"), missing.reason);
    ok(Math.abs(missing.publishedAt - Date.now()) < 60_000);
  });
  test("latest() says when the grace period is over", async (harness) => {
    await harness.publish("v1.1.0", { "app_darwin_arm64.tar.gz": "mac" });
    const later = Date.now() + GRACE_PERIOD_MS + 60_000;
    const found = await latest(harness, { now: () => later });
    ok(found.kind === "incomplete");
    deepEqual(found.incomplete.map((v) => v.withinGrace), [false]);
  });
  test("latest() takes an empty artifact for an upload under way", async (harness) => {
    await harness.publish("v1.1.0", { [ARTIFACT]: "" });
    equal((await latest(harness, {})).kind, "incomplete");
  });
}

function testFailures(test: Test): void {
  test("latest() finds the artifact named in the URL", async (harness) => {
    await harness.publish("v1.0.0", { "site.zip": "site", [ARTIFACT]: "app" });
    const release = await latestRelease(harness, { artifact: "site.zip" });
    equal(release.artifactName, "site.zip");
    const other = await latest(harness, { artifact: "Site.zip" });
    ok(other.kind === "incomplete");
    equal(other.incomplete[0]?.reason, "artifact not found: Site.zip");
  });
  test("latest() fails where there is no registry, and where it is empty", async (harness) => {
    const isNotFound = (error: unknown) =>
      error instanceof SourceError && error.code === "not-found" &&
      error.hint !== undefined;
    await rejects((await harness.openMissing()).latest(NEVER), isNotFound);
    await rejects(latest(harness, {}), isNotFound);
    await publishAll(harness, ["v1.0.0-rc.1"]);
    await rejects(latest(harness, {}), isNotFound);
  });
  test("latest() and report() end with the reason of an abort", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const release = await latestRelease(harness, {});
    const reason = new Error("stopped");
    const signal = AbortSignal.abort(reason);
    const registry = await harness.open({});
    const isReason = (error: unknown) => error === reason;
    await rejects(registry.latest(signal), isReason);
    await rejects(registry.report(reportOf(release), signal), isReason);
    equal(await latestTag(harness, {}), "v1.0.0");
  });
}

function testNames(test: Test): void {
  test("latest() lists the checksum files, the most specific first", async (harness) => {
    await harness.publish("v1.0.0", {
      [ARTIFACT]: "app",
      "checksums.txt": "x",
      [`${ARTIFACT}.sha256`]: "y",
      "app_linux_arm64.tar.gz.sha256": "z",
    });
    const { checksumUrls } = await latestRelease(harness, {});
    const texts = await Promise.all(
      checksumUrls.map((url) => read(harness, url)),
    );
    deepEqual(texts, ["y", "x"]);
  });
  test("latest() gives another fingerprint when other bytes are published", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const first = await latestRelease(harness, {});
    equal(
      (await latestRelease(harness, {})).fingerprint,
      first.fingerprint,
    );
    await harness.withdraw("v1.0.0", ARTIFACT);
    await harness.publish("v1.0.0", { [ARTIFACT]: "other bytes" });
    const second = await latestRelease(harness, {});
    ok(first.fingerprint !== second.fingerprint);
  });
  test("latest() names an artifact that can be opened, whatever it is called", async (harness) => {
    if (!harness.anyName) return;
    const names = ["ア プリ_linux_amd64.zip", "a b#c?d%20&=+_linux_amd64.zip"];
    for (const [index, name] of names.entries()) {
      const tag = `v1.0.${index}`;
      await harness.publish(tag, { [name]: tag });
      const release = await latestRelease(harness, {});
      deepEqual([release.tag, release.artifactName], [tag, name]);
      equal(await read(harness, release.artifactUrl), tag);
    }
  });
}

function testReport(test: Test): void {
  test("report() leaves one record for each deploy", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const release = await latestRelease(harness, {});
    const registry = await harness.open({});
    await registry.report(reportOf(release), NEVER);
    const [record, ...others] = await harness.records("v1.0.0");
    deepEqual(others, []);
    ok(
      record?.startsWith("shipped_to_web_1_server_at_20240115T103045.123"),
      record,
    );
    await registry.report(reportOf(release), NEVER);
    equal((await harness.records("v1.0.0")).length, 2);
  });
  test("report() changes nothing that latest() says", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const before = await latestRelease(harness, {});
    await (await harness.open({})).report(reportOf(before), NEVER);
    deepEqual(await latestRelease(harness, {}), before);
  });
  test("report() keeps failures to itself", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const release = await latestRelease(harness, {});
    const report = { ...reportOf(release), error: "did not start" };
    await (await harness.open({})).report(report, NEVER);
    deepEqual(await harness.records("v1.0.0"), []);
  });
  test("report() fails for a version that is gone", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const release = await latestRelease(harness, {});
    const gone = reportOf({ ...release, tag: "v9.9.9" });
    await rejects((await harness.open({})).report(gone, NEVER), SourceError);
  });
}
