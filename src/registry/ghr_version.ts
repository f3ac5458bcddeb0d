import type { Release } from "../base/release.ts";
import type { Version } from "../base/version.ts";
import {
  formatArtifactUrl,
  type GithubRepo,
} from "../client/github_artifact_url.ts";
import type { GithubAsset, GithubRelease } from "../client/github_release.ts";
import { checksumNames } from "./checksum_names.ts";

/** Where a version was found. */
export interface GhrVersion {
  readonly release: GithubRelease;
  readonly repo: GithubRepo;
  /** Name of the artifact. */
  readonly name: string;
}

/** Returns a version as a release, or what is missing for one. */
export function readGhrVersion(
  version: Version,
  found: GhrVersion,
): Release | string {
  const { release, name } = found;
  const asset = release.assets.find((asset) => asset.name === name);
  if (asset === undefined) return `artifact not found: ${name}`;
  if (!asset.isUploaded) return `artifact not found: ${name} is being uploaded`;
  if (asset.bytes === 0) return `artifact is empty: ${name}`;
  const checksums = checksumsOf(release, name);
  const unfinished = checksums.find((file) =>
    file.name.startsWith(`${name}.`) && (!file.isUploaded || file.bytes === 0)
  );
  // What GitHub computed itself is all that is needed.
  if (asset.sha256 === undefined && unfinished !== undefined) {
    return `checksum is empty: ${unfinished.name}`;
  }
  return toRelease(version, {
    ...found,
    asset,
    checksums: checksums.filter(({ isUploaded }) => isUploaded),
  });
}

function checksumsOf({ assets }: GithubRelease, name: string): GithubAsset[] {
  const byName = new Map(assets.map((asset) => [asset.name, asset]));
  return checksumNames([...byName.keys()], name)
    .map((file) => byName.get(file))
    .filter((asset) => asset !== undefined);
}

function toRelease(
  { tag, slot }: Version,
  found: GhrVersion & {
    readonly asset: GithubAsset;
    readonly checksums: readonly GithubAsset[];
  },
): Release {
  const { release, repo, asset, checksums } = found;
  const toUrl = ({ name }: GithubAsset) =>
    formatArtifactUrl({ ...repo, tag, name });
  const decisive = asset.sha256 === undefined ? [asset, ...checksums] : [asset];
  return {
    id: String(release.id),
    tag,
    slot,
    artifactUrl: toUrl(asset),
    artifactName: asset.name,
    fingerprint: decisive.map(({ id, updatedAt }) => `${id}@${updatedAt}`)
      .join(" "),
    size: asset.bytes,
    ...(asset.sha256 === undefined ? {} : { sha256: asset.sha256 }),
    checksumUrls: checksums.map(toUrl),
    publishedAt: release.publishedAt,
  };
}
