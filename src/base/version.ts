import {
  type Comparator,
  parseRange,
  type Range,
  satisfies,
  type SemVer,
} from "@std/semver";
import { type CalverFormat, parseCalverFormat } from "./calver.ts";
import { ConfigError } from "./errors.ts";
import type { VersionRules } from "./release.ts";
import { MAX_TAG_LENGTH } from "./tag.ts";

export { type CalverFormat, parseCalverFormat };

/** A tag that was understood. */
export interface Version {
  /** As published. */
  readonly tag: string;
  /** Build metadata; empty when there is none. */
  readonly slot: string;
  readonly isPreRelease: boolean;
  /** Numbers as digits without leading zeros: they may be larger than a `number` can tell apart. */
  readonly segments: readonly string[];
  /** Dot-separated parts of the pre-release, digits without leading zeros. */
  readonly preRelease: readonly string[];
}

const SEMVER =
  /^v?([0-9]+)\.([0-9]+)\.([0-9]+)(?:-(?<pre>[0-9A-Za-z.-]+))?(?:\+(?<build>[0-9A-Za-z.-]+))?$/;

/**
 * Returns what `tag` means, or `undefined` when it does not follow the grammar;
 * of the rules only `calver` counts.
 *
 * @throws {ConfigError} When the CalVer format is bad.
 */
export function parseVersion(
  tag: string,
  rules: Pick<VersionRules, "calver">,
): Version | undefined {
  return matchVersion(tag, patternOf(rules));
}

/**
 * Orders two versions, the older first: numbers by value, a release above its
 * pre-releases, those by rule 11 of semver.org. Build metadata does not count.
 */
export function compareVersions(a: Version, b: Version): number {
  return compareLists(a.segments, b.segments) || comparePreReleases(a, b);
}

/**
 * Returns the versions that `rules` let through, newest first; equal ones keep
 * the order in which they were listed. Slot and constraint are applied before
 * anything is chosen, so that a newer version of another slot hides nothing.
 *
 * A pre-release counts as the release it leads up to: `^1.4` takes
 * `1.5.0-rc.1` and not `2.0.0-rc.1`. Only where the constraint names a
 * pre-release of that same version, or one exact version, is it compared as
 * it is. In CalVer a range looks at the first three segments.
 *
 * Without `preRelease` only those pre-releases count whose very version the
 * constraint names with a pre-release: `v1.5.0-rc.1`, or `^1.5.0-rc.1` for those
 * of 1.5.0. An upper bound names none: `<2.0.0-rc.5` asks for no `2.0.0-rc.4`.
 *
 * @throws {ConfigError} When the CalVer format or the constraint is bad.
 */
export function newestFirst(
  tags: Iterable<string>,
  rules: VersionRules,
): Version[] {
  const pattern = patternOf(rules);
  const { isAllowed, isNamed } = constraintOf(rules);
  const versions: Version[] = [];
  for (const tag of tags) {
    const version = matchVersion(tag, pattern);
    if (version === undefined) continue;
    if (version.isPreRelease && !rules.preRelease && !isNamed(version)) {
      continue;
    }
    if (rules.slot !== "" && version.slot !== rules.slot) continue;
    if (isAllowed(version)) versions.push(version);
  }
  return versions.sort((a, b) => compareVersions(b, a));
}

/**
 * Checks what a user wrote before the first look-up depends on it.
 *
 * @throws {ConfigError} When the CalVer format or the constraint is bad.
 */
export function checkRules(rules: VersionRules): void {
  constraintOf(rules);
}

function patternOf(rules: Pick<VersionRules, "calver">): RegExp {
  return rules.calver === undefined || rules.calver === ""
    ? SEMVER
    : parseCalverFormat(rules.calver).pattern;
}

function matchVersion(tag: string, pattern: RegExp): Version | undefined {
  // It also bounds the cost of a match.
  if (tag.length > MAX_TAG_LENGTH) return undefined;
  const match = pattern.exec(tag);
  if (match === null) return undefined;
  const { pre, build = "" } = match.groups ?? {};
  // The last two groups are the named ones.
  const segments = match.slice(1, -2).map(withoutLeadingZeros);
  const preRelease = pre === undefined
    ? []
    : pre.split(".").map(withoutLeadingZeros);
  return {
    tag,
    slot: build,
    isPreRelease: pre !== undefined,
    segments,
    preRelease,
  };
}

function withoutLeadingZeros(part: string): string {
  return part.replace(/^0+(?=[0-9]+$)/, "");
}

function comparePreReleases(a: Version, b: Version): number {
  if (a.isPreRelease !== b.isPreRelease) return a.isPreRelease ? -1 : 1;
  return compareLists(a.preRelease, b.preRelease);
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const order = compareParts(a[index] ?? "", b[index] ?? "");
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  const isNumberA = /^[0-9]+$/.test(a);
  const isNumberB = /^[0-9]+$/.test(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  // Without leading zeros the longer number is the larger one, at any size.
  if (isNumberA && a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}

interface Constraint {
  readonly isAllowed: (version: Version) => boolean;
  /** Whether it lets a pre-release in by naming one of the same version. */
  readonly isNamed: (version: Version) => boolean;
}

function constraintOf(rules: VersionRules): Constraint {
  const { constraint = "" } = rules;
  const pattern = patternOf(rules);
  if (constraint.trim() === "") {
    return { isAllowed: () => true, isNamed: () => false };
  }
  const exact = matchVersion(constraint.trim(), pattern);
  if (exact !== undefined) {
    const isExact = (version: Version) =>
      compareVersions(version, exact) === 0 &&
      (exact.slot === "" || exact.slot === version.slot);
    return { isAllowed: isExact, isNamed: isExact };
  }
  const range = readRange(constraint);
  return {
    isAllowed: (version) => range.some((set) => isInSet(version, set)),
    isNamed: (version) =>
      range.some((set) =>
        set.some((comparator) =>
          !isUpperBound(comparator) && namesPreReleaseOf(comparator, version)
        ) && isInSet(version, set)
      ),
  };
}

function isUpperBound({ operator }: Comparator): boolean {
  return operator === "<" || operator === "<=";
}

function namesPreReleaseOf(
  { prerelease = [], major, minor, patch }: Comparator,
  version: Version,
): boolean {
  const core = coreOf(version);
  return prerelease.length > 0 && major === core.major &&
    minor === core.minor && patch === core.patch;
}

function readRange(constraint: string): Range {
  // Tags may have leading zeros, as CalVer's do; ranges of the package may not.
  const text = constraint.trim().replace(
    /(?<![0-9A-Za-z])(v?)0+(?=[0-9])/g,
    "$1",
  );
  try {
    const range = parseRange(text);
    // Some texts ("<=*") are read without complaint and fail on first use.
    satisfies({ major: 1, minor: 0, patch: 0 }, range);
    return range;
  } catch (cause) {
    throw new ConfigError(`Cannot read version constraint "${constraint}"`, {
      hint: 'Write a range such as "^1.4", "~2.1" or "1.x", or one exact tag',
      cause,
    });
  }
}

function isInSet(version: Version, set: readonly Comparator[]): boolean {
  const core = coreOf(version);
  if (!version.isPreRelease) return satisfies(core, [set]);
  const own = { ...core, prerelease: version.preRelease.map(toIdentifier) };
  return set.every((comparator) =>
    satisfies(isAsWritten(comparator, version) ? own : core, [[comparator]])
  );
}

/** Returns whether a pre-release is compared with `comparator` as it is. */
function isAsWritten(comparator: Comparator, version: Version): boolean {
  if (Number.isNaN(comparator.major)) return false;
  const { operator = "=" } = comparator;
  return operator === "=" || namesPreReleaseOf(comparator, version);
}

function coreOf(version: Version): SemVer {
  const [major = 0, minor = 0, patch = 0] = version.segments.map(toSafeNumber);
  return { major, minor, patch, prerelease: [], build: [] };
}

function toSafeNumber(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

function toIdentifier(part: string): string | number {
  return /^[0-9]+$/.test(part) ? toSafeNumber(part) : part;
}
