import type { VersionRules } from "../base/release.ts";
import { parseVersion } from "../base/version.ts";

/**
 * Returns the tag that each version has in a registry, by the version. The tag
 * of an image can hold no `+`, so that its slot stands behind a `_`:
 * `v1.2.3_blue` is the version `v1.2.3+blue`, as with the charts of Helm. Such
 * tags count only where a slot is asked for, because others mean something else
 * by them, such as a processor in `v1.2.3_arm64`.
 */
export function versionTags(
  tags: readonly string[],
  rules: VersionRules,
): ReadonlyMap<string, string> {
  const versions = new Map(tags.map((tag) => [tag, tag]));
  const wantsSlots = rules.slot !== "" ||
    rules.constraint?.includes("+") === true;
  if (!wantsSlots) return versions;
  for (const tag of tags) {
    const at = tag.lastIndexOf("_");
    // A CalVer format may have a "_" of its own.
    if (at < 0 || parseVersion(tag, rules) !== undefined) continue;
    const version = `${tag.slice(0, at)}+${tag.slice(at + 1)}`;
    if (parseVersion(version, rules) === undefined) continue;
    versions.delete(tag);
    versions.set(version, tag);
  }
  return versions;
}
