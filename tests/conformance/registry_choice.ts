import { deepEqual, equal, ok } from "node:assert/strict";
import {
  ARTIFACT,
  latest,
  latestRelease,
  latestTag,
  publishAll,
  read,
  type Test,
} from "./registry_harness.ts";

/** Tests which version is chosen. */
export function testChoice(test: Test): void {
  test("latest() returns the newest version", async (harness, driver) => {
    await publishAll(harness, ["v1.9.0", "v1.10.0", "v1.10.1-rc.1", "v0.99.9"]);
    const release = await latestRelease(harness, {});
    equal(release.tag, "v1.10.0");
    equal(release.artifactName, ARTIFACT);
    const size = driver.serverChooses ? undefined : "v1.10.0".length;
    equal(release.size, size);
    equal(await read(harness, release.artifactUrl), "v1.10.0");
  });
  test("latest() counts pre-releases when asked", async (harness) => {
    await publishAll(harness, ["v1.10.0", "v1.10.1-rc.1", "v1.10.1-beta.9"]);
    equal(await latestTag(harness, { preRelease: true }), "v1.10.1-rc.1");
    equal(await latestTag(harness, {}), "v1.10.0");
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

/** Tests what the operator's own rules do to the choice. */
export function testRules(test: Test): void {
  test("rules are those it was opened with", async (harness, driver) => {
    const options = { slot: "blue", calver: "YYYY.0M", version: "2024.x" };
    const { rules } = await harness.open({ ...options, preRelease: true });
    deepEqual(rules, {
      preRelease: true,
      slot: "blue",
      calver: "YYYY.0M",
      constraint: "2024.x",
      ...(driver.serverChooses ? { chosenByServer: true } : {}),
    });
  });
  test("latest() filters by slot before it chooses", async (harness) => {
    await publishAll(harness, ["v1.0.0+blue", "v1.1.0+green"]);
    equal(await latestTag(harness, { slot: "blue" }), "v1.0.0+blue");
  });
  test("latest() says which slot a version has, and when none has the wanted one", async (harness) => {
    await publishAll(harness, ["v1.0.0+blue", "v1.1.0+green"]);
    const release = await latestRelease(harness, { slot: "green" });
    deepEqual([release.tag, release.slot], ["v1.1.0+green", "green"]);
    const none = await latest(harness, { slot: "red" });
    ok(none.kind === "filtered" && none.reason.includes('"red"'));
  });
  test("latest() keeps to the constraint", async (harness) => {
    await publishAll(harness, ["v1.4.0", "v1.5.0-rc.1", "v2.0.0"]);
    equal(await latestTag(harness, { version: "^1.4" }), "v1.4.0");
    equal(
      await latestTag(harness, { version: "^1.4", preRelease: true }),
      "v1.5.0-rc.1",
    );
    equal(await latestTag(harness, { version: "v1.4.0" }), "v1.4.0");
  });
  test("latest() takes what matches the constraint, and says when nothing does", async (harness) => {
    await publishAll(harness, ["v1.4.0", "v2.0.0"]);
    equal(await latestTag(harness, { version: "^2" }), "v2.0.0");
    const none = await latest(harness, { version: "^3" });
    ok(none.kind === "filtered" && none.reason.includes('"^3"'));
  });
  test("latest() reads CalVer", async (harness) => {
    await publishAll(harness, [
      "2024.01.15.3",
      "2024.01.15.10",
      "2023.12.31.9",
    ]);
    const calver = "YYYY.0M.0D.MICRO";
    equal(await latestTag(harness, { calver }), "2024.01.15.10");
  });
}
