import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import { GRACE_PERIOD_MS } from "../../src/registry/registry.ts";
import {
  ARTIFACT,
  latest,
  latestRelease,
  latestTag,
  NEVER,
  publishAll,
  read,
  type Test,
} from "./registry_harness.ts";

const FOR_MAC = { "app_darwin_arm64.tar.gz": "mac" };

/** Tests what is made of versions, artifacts and registries that are not there. */
export function testMissing(test: Test): void {
  test("latest() passes over a version without its artifact", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    await harness.publish("v1.1.0", FOR_MAC);
    equal(await latestTag(harness, {}), "v1.0.0");
  });
  test("latest() tells the newer versions without their artifact", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    await harness.publish("v1.1.0", FOR_MAC);
    const found = await latest(harness, {});
    ok(found.kind === "release");
    const [missing, ...others] = found.incomplete;
    deepEqual([missing?.tag, others], ["v1.1.0", []]);
    ok(missing?.withinGrace);
    ok(missing.reason.startsWith("artifact not found"), missing.reason);
    ok(Math.abs(missing.publishedAt - Date.now()) < 60_000);
  });
  test("latest() says when the grace period is over", async (harness) => {
    await harness.publish("v1.1.0", FOR_MAC);
    const later = Date.now() + GRACE_PERIOD_MS + 60_000;
    const found = await latest(harness, { now: () => later });
    ok(found.kind === "incomplete");
    deepEqual(found.incomplete.map((v) => v.withinGrace), [false]);
  });
  test("latest() takes an empty artifact for an upload under way", async (harness) => {
    await harness.publish("v1.1.0", { [ARTIFACT]: "" });
    equal((await latest(harness, {})).kind, "incomplete");
  });
  test("latest() finds the artifact named in the URL", async (harness) => {
    await harness.publish("v1.0.0", { "site.zip": "site", [ARTIFACT]: "app" });
    const release = await latestRelease(harness, { artifact: "site.zip" });
    equal(release.artifactName, "site.zip");
    equal(await read(harness, release.artifactUrl), "site");
  });
  test(
    "latest() says that no version has the artifact named in the URL",
    async (harness, driver) => {
      await harness.publish("v1.0.0", {
        "site.zip": "site",
        [ARTIFACT]: "app",
      });
      const asking = latest(harness, { artifact: "Site.zip" });
      if (driver.serverChooses) return await rejects(asking, isNotFound);
      const found = await asking;
      ok(found.kind === "incomplete");
      equal(found.incomplete[0]?.reason, "artifact not found: Site.zip");
    },
  );
  test("latest() fails where there is no registry", async (harness, driver) => {
    const asking = (await harness.openMissing()).latest(NEVER);
    // A server that is not there cannot say that it is not.
    const code = driver.serverChooses ? "unavailable" : "not-found";
    await rejects(asking, (error) => isSourceError(error, code));
  });
  test("latest() fails where there is no version that counts", async (harness) => {
    await rejects(latest(harness, {}), isNotFound);
    await publishAll(harness, ["v1.0.0-rc.1"]);
    await rejects(latest(harness, {}), isNotFound);
  });
}

/** Tests what is read out of the names of files. */
export function testNames(test: Test): void {
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
    equal((await latestRelease(harness, {})).fingerprint, first.fingerprint);
    await harness.withdraw("v1.0.0", ARTIFACT);
    await harness.publish("v1.0.0", { [ARTIFACT]: "other bytes" });
    const second = await latestRelease(harness, {});
    ok(first.fingerprint !== second.fingerprint);
  });
  test("latest() names an artifact that can be opened, whatever it is called", async (harness) => {
    const names = ["ア プリ_linux_amd64.zip", "a b#c?d%20&=+_linux_amd64.zip"];
    for (const [index, name] of names.entries()) {
      const tag = `v1.0.${index}`;
      await harness.publish(tag, { [name]: tag });
      const release = await latestRelease(harness, {});
      deepEqual([release.tag, release.artifactName], [tag, name]);
      equal(await read(harness, release.artifactUrl), tag);
    }
  });
  test("open() fails where the artifact is gone", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const { artifactUrl } = await latestRelease(harness, {});
    await harness.withdraw("v1.0.0", ARTIFACT);
    await rejects(
      harness.store.open(artifactUrl, NEVER),
      { name: "SourceError", code: "not-found" },
    );
  });
}

function isNotFound(error: unknown): boolean {
  return isSourceError(error, "not-found");
}

function isSourceError(error: unknown, code: string): boolean {
  ok(error instanceof SourceError, String(error));
  equal(error.code, code, error.message);
  return error.hint !== undefined;
}
