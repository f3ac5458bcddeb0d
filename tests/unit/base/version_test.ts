import { deepEqual, equal, ok, throws } from "node:assert/strict";
import semver from "semver";
import {
  checkRules,
  compareVersions,
  newestFirst,
  parseVersion,
  type Version,
} from "../../../src/base/version.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import type { VersionRules } from "../../../src/base/release.ts";

const RULES: VersionRules = { preRelease: false, slot: "" };
const PRE: VersionRules = { preRelease: true, slot: "" };
const reference = semver as unknown as {
  compare(a: string, b: string): number;
  satisfies(
    version: string,
    range: string,
    options: { includePrerelease: boolean },
  ): boolean;
};

function tags(list: readonly string[], rules: VersionRules): string[] {
  return newestFirst(list, rules).map(({ tag }) => tag);
}

function version(tag: string, calver?: string): Version {
  const parsed = parseVersion(tag, calver === undefined ? {} : { calver });
  ok(parsed !== undefined, tag);
  return parsed;
}

/** Numbers that repeat from run to run, so that a failure can be looked into. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

function randomTag(random: (below: number) => number): string {
  const parts = [
    "0",
    "1",
    "2",
    "10",
    "9007199254740991",
    "9007199254740993",
    "99999999999999999999",
  ];
  const words = [
    "alpha",
    "rc",
    "1",
    "2",
    "11",
    "beta",
    "x-y",
    "A",
    "9007199254740993",
  ];
  const pick = (list: readonly string[]) => list[random(list.length)] ?? "";
  const core = [pick(parts), pick(parts), pick(parts)].join(".");
  if (random(2) === 0) return core;
  const pre = Array.from({ length: 1 + random(3) }, () => pick(words));
  return `${core}-${pre.join(".")}`;
}

Deno.test("parseVersion() follows the semver grammar", () => {
  for (
    const tag of [
      "v1.2.3",
      "1.2.3",
      "v01.002.3",
      "1.2.3-rc.1+blue",
      "1.2.3+b",
      "1.2.3--",
      "v1.2.3-a..b",
    ]
  ) {
    ok(parseVersion(tag, {}) !== undefined, tag);
  }
  for (
    const tag of [
      "V1.2.3",
      "1.2",
      "1.2.3.4",
      "v1.2.3-",
      "1.2.3+",
      "1.2.3 ",
      "1.2.3\n",
      "latest",
      "",
      "vv1.2.3",
      "1.2.3-é",
      `1.2.${"3".repeat(300)}`,
    ]
  ) {
    equal(parseVersion(tag, {}), undefined, tag);
  }
  equal(version("v1.2.3-rc.1+blue.2").slot, "blue.2");
});

Deno.test("newestFirst() orders as semver.org says", () => {
  const ordered = [
    "1.0.0",
    "1.0.0-rc.1",
    "1.0.0-beta.11",
    "1.0.0-beta.2",
    "1.0.0-beta",
    "1.0.0-alpha.beta",
    "1.0.0-alpha.1",
    "1.0.0-alpha",
  ];
  deepEqual(tags(ordered.toReversed(), PRE), ordered);
  deepEqual(tags(["v1.9.0", "v1.10.0", "v1.10.0-rc.1"], RULES), [
    "v1.10.0",
    "v1.9.0",
  ]);
});

Deno.test("newestFirst() keeps the listing order of equal versions", () => {
  deepEqual(tags(["1.2.3", "v1.2.3", "v01.2.3", "1.2.3+b"], RULES), [
    "1.2.3",
    "v1.2.3",
    "v01.2.3",
    "1.2.3+b",
  ]);
});

Deno.test("newestFirst() tells numbers apart that are larger than 2^53", () => {
  deepEqual(
    tags([
      "1.0.9007199254740992",
      "1.0.9007199254740993",
      "1.0.99999999999999999999",
    ], RULES),
    [
      "1.0.99999999999999999999",
      "1.0.9007199254740993",
      "1.0.9007199254740992",
    ],
  );
});

Deno.test("newestFirst() filters by slot before it orders", () => {
  const list = ["v1.1.0+green", "v1.0.0+blue", "v1.1.0"];
  deepEqual(tags(list, { ...RULES, slot: "blue" }), ["v1.0.0+blue"]);
  deepEqual(tags(list, { ...RULES, slot: "red" }), []);
});

Deno.test("newestFirst() applies a range", () => {
  const list = ["1.3.9", "1.4.0", "1.9.0", "2.0.0", "v1.5.1+blue"];
  deepEqual(tags(list, { ...RULES, constraint: "^1.4" }), [
    "1.9.0",
    "v1.5.1+blue",
    "1.4.0",
  ]);
  deepEqual(tags(list, { ...RULES, constraint: "1.4.x || >=2" }), [
    "2.0.0",
    "1.4.0",
  ]);
  deepEqual(tags(list, { ...RULES, constraint: "v1.5.1" }), ["v1.5.1+blue"]);
  deepEqual(tags(list, { ...RULES, constraint: "v1.5.1+green" }), []);
  deepEqual(tags(list, { ...RULES, constraint: "" }).length, 5);
});

Deno.test("newestFirst() counts a pre-release as the release it leads up to", () => {
  const cases: readonly [string, string, boolean][] = [
    ["^1.4", "1.5.0-rc.1", true],
    ["^1.4", "1.4.0-rc.1", true],
    ["^1.4", "2.0.0-rc.1", false],
    ["<2.0.0", "2.0.0-rc.1", false],
    ["*", "1.0.0-rc.1", true],
    ["1.4.0", "1.4.0-rc.1", false],
    ["1.4.0 || 1.5.0", "1.5.0-rc.1", false],
    [">1.4.0-rc.1", "1.4.0-rc.0", false],
    [">1.4.0-rc.1", "1.4.0-rc.2", true],
    [">=1.4.0-rc.1 <1.6", "1.5.0-beta", true],
    ["1.4.0-rc.1", "1.4.0-rc.1", true],
  ];
  for (const [constraint, tag, expected] of cases) {
    equal(
      tags([tag], { ...PRE, constraint }).length === 1,
      expected,
      `${constraint} ${tag}`,
    );
  }
});

Deno.test("newestFirst() lets in the pre-releases that a constraint names, and no others", () => {
  const cases: readonly [string, string, boolean][] = [
    ["v1.2.3-rc.1", "v1.2.3-rc.1", true],
    ["1.2.3-rc.1", "v1.2.3-rc.1+blue", true],
    ["v1.2.3-rc.1+green", "v1.2.3-rc.1+blue", false],
    ["v1.2.3-rc.1", "v1.2.3-rc.2", false],
    ["v1.2.3", "v1.2.3-rc.1", false],
    ["=1.2.3-rc.1", "1.2.3-rc.1", true],
    ["^1.2.3-rc.1", "1.2.3-rc.2", true],
    ["^1.2.3-rc.2", "1.2.3-rc.1", false],
    ["^1.2.3-rc.1", "1.2.4-rc.1", false],
    ["^1.2.3-rc.1", "1.3.0", true],
    ["~1.2", "1.2.3-rc.1", false],
    ["*", "1.2.3-rc.1", false],
    ["1.2.3-rc.1 || ^2", "1.2.3-rc.1", true],
    ["1.2.3-rc.1 || ^2", "2.0.0-rc.1", false],
    [">=1.0.0 <2.0.0-rc.5", "2.0.0-rc.1", false],
    [">=1.0.0 <=2.0.0-rc.5", "2.0.0-rc.5", false],
    [">=1.0.0 <2.0.0-rc.5", "1.9.0", true],
    [">=2.0.0-rc.1 <2.0.0-rc.5", "2.0.0-rc.1", true],
    [">=2.0.0-rc.1 <2.0.0-rc.5", "2.0.0-rc.5", false],
    ["1.2.3-rc.1 - 1.9", "1.2.3-rc.2", true],
  ];
  for (const [constraint, tag, expected] of cases) {
    equal(
      tags([tag], { ...RULES, constraint }).length === 1,
      expected,
      `${constraint} ${tag}`,
    );
  }
  const calver = "YYYY.0M.MICRO";
  const exact = { ...RULES, calver, constraint: "2026.01.0-rc.1" };
  deepEqual(tags(["2026.01.0-rc.1", "2026.01.0-rc.2"], exact), [
    "2026.01.0-rc.1",
  ]);
});

Deno.test("newestFirst() agrees with the semver package on ranges of releases", () => {
  const random = randomNumbers(7);
  const ranges = [
    "^1.2",
    "~1.2.3",
    "1.x",
    ">=1.2.3 <3",
    "0.1 - 2",
    "^0.2.1",
    "<=1.1",
    ">2.2 || 0.0.1",
  ];
  for (let round = 0; round < 2000; round++) {
    const tag = `${random(4)}.${random(4)}.${random(5)}`;
    const constraint = ranges[random(ranges.length)] ?? "";
    equal(
      tags([tag], { ...RULES, constraint }).length === 1,
      reference.satisfies(tag, constraint, { includePrerelease: false }),
      `${tag} ${constraint}`,
    );
  }
});

Deno.test("compareVersions() is a total order", () => {
  const random = randomNumbers(1);
  for (let round = 0; round < 5000; round++) {
    const [a, b, c] = [0, 1, 2].map(() => version(randomTag(random)));
    ok(a && b && c);
    const names = `${a.tag} ${b.tag} ${c.tag}`;
    equal(compareVersions(a, b), 0 - compareVersions(b, a) || 0, names);
    equal(compareVersions(a, a), 0);
    if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
      ok(compareVersions(a, c) <= 0, names);
    }
    equal(compareVersions(a, b) === 0, a.tag === b.tag, names);
  }
});

Deno.test("compareVersions() agrees with the semver package", () => {
  const random = randomNumbers(2);
  let compared = 0;
  while (compared < 5000) {
    const [a, b] = [randomTag(random), randomTag(random)];
    // The package refuses numbers that it cannot tell apart.
    if (/[0-9]{16}/.test(a + b)) continue;
    equal(
      compareVersions(version(a), version(b)),
      reference.compare(a, b),
      `${a} ${b}`,
    );
    compared++;
  }
});

Deno.test("newestFirst() reads CalVer", () => {
  const rules = { ...RULES, calver: "YYYY.0M.0D.MICRO" };
  deepEqual(
    tags([
      "2024.01.15.3",
      "v2024.01.15.10",
      "2024.1.15.99",
      "2024.13.01.1",
      "2023.12.31.7",
      "2024.01.15.11-rc.1",
      "1.2.3",
    ], rules),
    ["v2024.01.15.10", "2024.01.15.3", "2023.12.31.7"],
  );
  equal(version("v2024.01.15.3-beta.2+green", rules.calver).slot, "green");
  deepEqual(
    tags(["2024.1.9", "2024.10.1", "2024.01.9"], {
      ...RULES,
      calver: "YYYY.MM.DD",
    }),
    ["2024.10.1", "2024.1.9"],
  );
  deepEqual(
    tags(["24.W03-1", "24.W53-0", "24.W54-0"], {
      ...RULES,
      calver: "YY.W0W-MICRO",
    }),
    ["24.W53-0", "24.W03-1"],
  );
});

Deno.test("newestFirst() applies a range to CalVer", () => {
  const list = ["2023.12.01", "2024.01.15", "2024.07.02"];
  const rules = { ...RULES, calver: "YYYY.0M.0D" };
  deepEqual(tags(list, { ...rules, constraint: "<2024.07" }), [
    "2024.01.15",
    "2023.12.01",
  ]);
  deepEqual(tags(list, { ...rules, constraint: "2024.01.15" }), ["2024.01.15"]);
});

Deno.test("checkRules() refuses a bad range and a bad format", () => {
  for (const constraint of ["latest", "^^1", "<=*", ">=1.2.3 foo"]) {
    throws(() => checkRules({ ...RULES, constraint }), ConfigError, constraint);
  }
  throws(() => checkRules({ ...RULES, calver: "release" }), {
    name: "ConfigError",
    message: 'Cannot read CalVer format "release"',
  });
  const useless = [
    ["release YYYY.MM", "it holds a blank or a character that cannot be seen"],
    ["YYYY/.MM", "it begins with a dot"],
    ["YYYY//MM", "it is empty"],
    ["YYYY\\MM", "it holds a slash"],
    [".YYYY", "it begins with a dot"],
    [`${"a".repeat(260)}YYYY`, "it has 261 characters, and 255 are allowed"],
  ] as const;
  for (const [calver, problem] of useless) {
    throws(() => checkRules({ ...RULES, calver }), (error) => {
      ok(error instanceof ConfigError);
      ok(error.message.endsWith(problem), error.message);
      return error.hint !== undefined;
    });
  }
  checkRules({ ...RULES, calver: "release-YYYY年MM" });
  checkRules({ ...RULES, calver: "release/YYYY.0M" });
  checkRules({ ...RULES, calver: "YYYY.0M", constraint: ">=2024.01" });
});
