import { deepEqual, equal, ok } from "node:assert/strict";
import type { Latest, SurveyedVersion } from "../../src/registry/registry.ts";
import {
  NEVER,
  type OpenOptions,
  PLATFORM,
  publishAll,
  type RegistryHarness,
  type Test,
} from "./registry_harness.ts";

/** Tests look-ups that are narrowed down. */
export function testWishes(test: Test): void {
  test("latest() gives the one version that is wished for", async (harness) => {
    await publishAll(harness, ["v1.0.0", "v1.1.0", "v1.2.0"]);
    const registry = await open(harness);
    equal(tagOf(await registry.latest(NEVER, { only: "v1.1.0" })), "v1.1.0");
    equal(tagOf(await registry.latest(NEVER)), "v1.2.0");
    equal(tagOf(await registry.latest(NEVER, { only: "v1.0.0" })), "v1.0.0");
  });
  test("latest() chooses among what a wish leaves", async (harness) => {
    await publishAll(harness, ["v1.0.0", "v1.1.0", "v1.2.0"]);
    const registry = await open(harness);
    const except = ["v1.2.0", "v9.9.9"];
    equal(tagOf(await registry.latest(NEVER, { except })), "v1.1.0");
    const all = await registry.latest(NEVER, {
      except: ["v1.2.0", "v1.1.0", "v1.0.0"],
    });
    ok(all.kind === "filtered" && all.reason !== "", JSON.stringify(all));
  });
  test(
    "latest() says that a version is not there",
    async (harness, { serverChooses }) => {
      await publishAll(harness, ["v1.0.0"]);
      const registry = await open(harness);
      const answer = await registry.latest(NEVER, { only: "1.0.0" });
      const expected = serverChooses
        ? "the server of this registry chooses the version, and it chooses v1.0.0"
        : "1.0.0 is not in the registry; v1.0.0 is";
      deepEqual(answer, { kind: "filtered", reason: expected });
    },
  );
  test("latest() keeps to the rules when a version is wished for", async (harness) => {
    await publishAll(harness, ["v1.0.0", "v2.0.0", "v1.1.0-rc.1"]);
    const registry = await open(harness, { version: "^1" });
    const other = await registry.latest(NEVER, { only: "v2.0.0" });
    ok(other.kind === "filtered" && other.reason.includes('"^1"'));
    const early = await registry.latest(NEVER, { only: "v1.1.0-rc.1" });
    ok(early.kind === "filtered" && early.reason.includes("pre-release"));
  });
  test("latest() says what a version that is wished for lacks", async (harness) => {
    await publishAll(harness, ["v1.0.0"]);
    await harness.publish("v1.1.0", { "other.txt": "x" });
    const registry = await open(harness);
    const answer = await registry.latest(NEVER, { only: "v1.1.0" });
    ok(answer.kind === "incomplete", JSON.stringify(answer));
    equal(answer.incomplete[0]?.tag, "v1.1.0");
  });
}

/** Tests what a registry shows of itself. */
export function testSurvey(test: Test): void {
  test("survey() says of each version why it is not offered", async (harness) => {
    await publishAll(harness, [
      "v1.0.0",
      "v1.1.0",
      "v2.0.0",
      "v1.2.0-rc.1",
      "latest",
    ]);
    await harness.publish("v1.3.0", { "other.txt": "x" });
    const registry = await open(harness, { version: "^1" });
    const survey = await registry.survey(NEVER);
    deepEqual(survey.map(short), [
      ["v2.0.0", "filtered"],
      ["v1.3.0", "incomplete"],
      ["v1.2.0-rc.1", "filtered"],
      ["v1.1.0", "offered"],
      ["v1.0.0", "older"],
    ]);
    deepEqual(
      survey.map(({ reason }) => reason !== ""),
      [true, true, true, false, true],
    );
  });
  test("survey() offers what latest() gives", async (harness) => {
    await publishAll(harness, ["v1.0.0", "v1.1.0"]);
    const registry = await open(harness);
    const [first] = await registry.survey(NEVER);
    deepEqual(first, { tag: "v1.1.0", verdict: "offered", reason: "" });
    equal(tagOf(await registry.latest(NEVER)), "v1.1.0");
  });
  test("survey() shows 50 versions and the offered one", async (harness) => {
    const early = Array.from({ length: 70 }, (_, at) => `v2.0.${at}-rc.1`);
    await publishAll(harness, [...early, "v1.0.0", "v0.9.0"]);
    const survey = await (await open(harness)).survey(NEVER);
    equal(survey.length, 50);
    equal(survey[0]?.tag, "v2.0.69-rc.1");
    deepEqual(survey.at(-1), {
      tag: "v1.0.0",
      verdict: "offered",
      reason: "",
    });
  });
}

function open(harness: RegistryHarness, options: OpenOptions = {}) {
  return harness.open({ platform: PLATFORM, ...options });
}

function tagOf(latest: Latest): string {
  ok(latest.kind === "release", JSON.stringify(latest));
  return latest.release.tag;
}

function short({ tag, verdict }: SurveyedVersion): readonly string[] {
  return [tag, verdict];
}
