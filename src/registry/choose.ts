import { SourceError } from "../base/errors.ts";
import type { VersionRules } from "../base/release.ts";
import {
  compareVersions,
  newestFirst,
  parseVersion,
  type Version,
} from "../base/version.ts";
import { reasonAgainst } from "./reason_against.ts";
import type { Latest, Wish } from "./registry.ts";

/** The versions that may be deployed, newest first and never none, or why all were filtered out. */
export type Choice =
  | {
    readonly kind: "versions";
    readonly versions: readonly [Version, ...Version[]];
  }
  | Extract<Latest, { kind: "filtered" }>;

/** What the registry is, for the errors of {@link chooseVersions}. */
export interface ChooseOptions {
  readonly rules: VersionRules;
  /** The registry as it may be shown: `file:///srv/app`. */
  readonly shownUrl: string;
  readonly wish?: Wish | undefined;
}

/**
 * Picks the versions among what a registry lists.
 *
 * @throws {SourceError} `not-found` when nothing listed is a version, or only pre-releases are and they do not count.
 */
export function chooseVersions(
  tags: readonly string[],
  options: ChooseOptions,
): Choice {
  const { rules, shownUrl, wish = {} } = options;
  if (wish.only !== undefined) return chooseOnly(wish.only, tags, rules);
  const allowed = newestFirst(tags, rules);
  const unwanted = new Set(wish.except);
  const [newest, ...older] = allowed.filter(({ tag }) => !unwanted.has(tag));
  if (newest !== undefined) {
    return { kind: "versions", versions: [newest, ...older] };
  }
  if (allowed.length > 0) {
    return { kind: "filtered", reason: "there is no other version" };
  }
  const all = newestFirst(tags, {
    ...rules,
    preRelease: true,
    slot: "",
    constraint: "",
  });
  const counted = all.filter((v) => rules.preRelease || !v.isPreRelease);
  const [hidden] = newestFirst(tags, { ...rules, preRelease: true });
  // To let pre-releases in would not help where slot or constraint take none of them.
  if (counted.length > 0 || (all.length > 0 && hidden === undefined)) {
    return { kind: "filtered", reason: reasonOf(rules, hidden) };
  }
  const [first] = all;
  if (first !== undefined) {
    throw new SourceError(
      "not-found",
      `Cannot find a version in "${shownUrl}": "${first.tag}" and all others are pre-releases`,
      { hint: 'Add "pre-release=true" to the registry URL to deploy them' },
    );
  }
  throw new SourceError(
    "not-found",
    `Cannot find a version in "${shownUrl}"`,
    { hint: hintOf(tags, rules) },
  );
}

function chooseOnly(
  only: string,
  tags: readonly string[],
  rules: VersionRules,
): Choice {
  if (!tags.includes(only)) {
    const near = sameVersion(only, tags, rules);
    const other = near === undefined ? "" : `; ${near} is`;
    return {
      kind: "filtered",
      reason: `${only} is not in the registry${other}`,
    };
  }
  const [version] = newestFirst([only], rules);
  if (version !== undefined) return { kind: "versions", versions: [version] };
  return {
    kind: "filtered",
    reason: `${only} ${reasonAgainst(only, rules) ?? "does not count"}`,
  };
}

/** Returns the tag that means the same version, written in another way. */
function sameVersion(
  only: string,
  tags: readonly string[],
  rules: VersionRules,
): string | undefined {
  const meant = parseVersion(only, rules);
  if (meant === undefined) return undefined;
  return tags.find((tag) => {
    const version = parseVersion(tag, rules);
    return version !== undefined && version.slot === meant.slot &&
      compareVersions(version, meant) === 0;
  });
}

function reasonOf(rules: VersionRules, hidden: Version | undefined): string {
  const wanted = [
    rules.slot === "" ? [] : [`slot "${rules.slot}"`],
    rules.constraint ? [`version "${rules.constraint}"`] : [],
  ].flat();
  const because = hidden === undefined
    ? ""
    : `; ${hidden.tag} does, and only counts with pre-release=true`;
  return `no version matches ${wanted.join(" and ")}${because}`;
}

function hintOf(tags: readonly string[], rules: VersionRules): string {
  const form = rules.calver ? `"${rules.calver}"` : '"v1.2.3"';
  const [first] = tags;
  const seen = first === undefined ? "it is empty" : `it has "${first}"`;
  return `Publish a version named like ${form}; ${seen}`;
}
