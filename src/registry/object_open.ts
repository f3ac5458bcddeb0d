import type { VersionRules } from "../base/release.ts";
import { describeUrl, type DriverUrl } from "../base/url.ts";
import { openBucket } from "../client/open_bucket.ts";
import { ObjectFolderRegistry } from "./object_folder.ts";
import type { OpenRegistryOptions } from "./open_registry.ts";
import type { Registry } from "./registry.ts";

/**
 * Opens `s3://region/bucket/prefix` or `gs://bucket/prefix`.
 *
 * @throws {ConfigError} When the URL names no bucket.
 */
export async function openObjectFolder(
  url: DriverUrl,
  options: OpenRegistryOptions & { readonly rules: VersionRules },
): Promise<Registry> {
  const { rules, platform, env, now, limits } = options;
  const artifact = url.options.get("artifact");
  return new ObjectFolderRegistry({
    place: await openBucket(url, { what: "registry", env, limits }),
    shownUrl: describeUrl(url.text),
    rules,
    platform,
    ...(artifact === undefined ? {} : { artifact }),
    ...(now === undefined ? {} : { now }),
  });
}
