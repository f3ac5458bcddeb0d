import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import {
  latestRelease,
  NEVER,
  publishAll,
  reportOf,
  type Test,
} from "./registry_harness.ts";

/** Tests what is left behind of deploys. */
export function testReport(test: Test): void {
  test(
    "report() leaves one record for each deploy",
    async (harness, driver) => {
      await publishAll(harness, ["v1.0.0"]);
      const release = await latestRelease(harness, {});
      const registry = await harness.open({});
      await registry.report(reportOf(release), NEVER);
      const [record = "", ...others] = await harness.records("v1.0.0");
      deepEqual(others, []);
      const told = driver.serverChooses
        ? /"command":"server"/
        : /^shipped_to_web_1_server_at_20240115T103045\.123/;
      ok(told.test(record), record);
      await registry.report(reportOf(release), NEVER);
      equal((await harness.records("v1.0.0")).length, 2);
    },
  );
  test("report() changes nothing that latest() says", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const before = await latestRelease(harness, {});
    await (await harness.open({})).report(reportOf(before), NEVER);
    deepEqual(await latestRelease(harness, {}), before);
  });
  test(
    "report() tells failures only to who asks for them",
    async (harness, driver) => {
      await publishAll(harness, ["v1.0.0"]);
      const release = await latestRelease(harness, {});
      const report = { ...reportOf(release), error: "did not start" };
      await (await harness.open({})).report(report, NEVER);
      const records = await harness.records("v1.0.0");
      equal(records.length, driver.serverChooses ? 1 : 0);
      ok(records.every((record) => record.includes('"err":"did not start"')));
    },
  );
  test("report() fails for a version that is gone", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    const release = await latestRelease(harness, {});
    const gone = reportOf({ ...release, tag: "v9.9.9" });
    await rejects((await harness.open({})).report(gone, NEVER), SourceError);
  });
}
