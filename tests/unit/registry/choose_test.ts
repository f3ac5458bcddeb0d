import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import type { VersionRules } from "../../../src/base/release.ts";
import { chooseVersions } from "../../../src/registry/choose.ts";

const TAGS = ["v1.2.2", "v1.2.3-rc.1", "v1.2.3-rc.2", "v2.0.0-rc.1", "junk"];

function choose(rules: Partial<VersionRules>, tags = TAGS) {
  const all = { preRelease: false, slot: "", ...rules };
  return chooseVersions(tags, { rules: all, shownUrl: "file:///srv/app" });
}

function chosen(rules: Partial<VersionRules>): string[] {
  const choice = choose(rules);
  return choice.kind === "filtered"
    ? [choice.reason]
    : choice.versions.map(({ tag }) => tag);
}

Deno.test("chooseVersions() takes the pre-release that an exact constraint names", () => {
  deepEqual(chosen({ constraint: "v1.2.3-rc.1" }), ["v1.2.3-rc.1"]);
  deepEqual(chosen({ constraint: "^1.2.3-rc.1" }), [
    "v1.2.3-rc.2",
    "v1.2.3-rc.1",
  ]);
  const only = choose({ constraint: "v1.2.3-rc.1" }, ["v1.2.3-rc.1"]);
  equal(only.kind, "versions");
});

Deno.test("chooseVersions() says when only pre-releases match", () => {
  deepEqual(chosen({ constraint: "^2" }), [
    'no version matches version "^2"; v2.0.0-rc.1 does, and only counts with pre-release=true',
  ]);
  deepEqual(chosen({ constraint: "v1.2.3-rc.9" }), [
    'no version matches version "v1.2.3-rc.9"',
  ]);
  deepEqual(chosen({ slot: "blue" }), ['no version matches slot "blue"']);
  for (const rules of [{ constraint: "^2" }, { slot: "blue" }]) {
    const choice = choose(rules, ["v1.0.0-rc.1"]);
    ok(choice.kind === "filtered" && !choice.reason.includes("pre-release"));
  }
  throws(() => choose({ constraint: "^1" }, ["v1.0.0-rc.1"]), SourceError);
  throws(() => choose({}, ["v1.0.0-rc.1"]), (error) => {
    ok(error instanceof SourceError);
    match(error.hint ?? "", /pre-release=true/);
    return true;
  });
});
