import type { VersionRules } from "../base/release.ts";
import { compareVersions, parseVersion } from "../base/version.ts";

/** Whether one version is older than another, as far as they can be compared. */
export function isOlder(
  tag: string,
  than: string | undefined,
  rules: VersionRules,
): boolean {
  if (than === undefined || rules.chosenByServer === true) return false;
  const [a, b] = [parseVersion(tag, rules), parseVersion(than, rules)];
  return a !== undefined && b !== undefined && compareVersions(a, b) < 0;
}
