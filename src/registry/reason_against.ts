import type { VersionRules } from "../base/release.ts";
import { newestFirst, parseVersion } from "../base/version.ts";

/** Returns why the rules do not let a version through, to be read after its tag, or `undefined` when they do. */
export function reasonAgainst(
  tag: string,
  rules: VersionRules,
): string | undefined {
  const version = parseVersion(tag, rules);
  if (version === undefined) return "is no version";
  if (newestFirst([tag], rules).length > 0) return undefined;
  const { slot, constraint = "" } = rules;
  if (slot !== "" && version.slot !== slot) return `is not for slot "${slot}"`;
  const [counted] = newestFirst([tag], { ...rules, preRelease: true });
  return counted === undefined
    ? `does not match version "${constraint}"`
    : "is a pre-release; pre-release=true lets it through";
}
