/** One version as a registry offers it for this platform: what to fetch, and how to know it. */
export interface Release {
  /** What the registry calls this look-up or object; only handed back in a report. */
  readonly id: string;
  /** The version as published, with its `v` and build metadata: `v1.2.3+blue`. */
  readonly tag: string;
  /** Where the bytes are: `file:///srv/app/v1.2.3/app_linux_amd64.tar.gz`. */
  readonly artifactUrl: string;
  /** The last path part of the artifact, decoded: `app_linux_amd64.tar.gz`. */
  readonly artifactName: string;
  /** Changes when other bytes are published behind the same tag (ETag, asset id, size and time). */
  readonly fingerprint?: string;
  /** Length in bytes, when the registry says it. */
  readonly size?: number;
  /** SHA-256 in lower-case hex, when the registry itself vouches for it. */
  readonly sha256?: string;
  /** Files published beside the artifact that may hold its checksum, the most specific first. */
  readonly checksumUrls: readonly string[];
  /** When it was published, Unix milliseconds. */
  readonly publishedAt?: number;
  /** Build metadata of the tag: `blue` in `v1.2.3+blue`; empty when there is none. */
  readonly slot: string;
}

/** Returns the name under which a release's artifact is cached: `v1.2.3--app_linux_amd64.tar.gz`. */
export function cacheKey(
  release: Pick<Release, "tag" | "artifactName">,
): string {
  return `${release.tag}--${release.artifactName}`;
}

/** How versions are read, filtered and ordered. */
export interface VersionRules {
  /** CalVer format such as `YYYY.0M.0D.MICRO`; semver when left out. */
  readonly calver?: string;
  /** Whether versions with a pre-release part count. */
  readonly preRelease: boolean;
  /** Only versions with this build metadata; all when empty. */
  readonly slot: string;
  /** A semver range (`^1.4`, `~2.1`, `1.x`) or an exact tag; all when left out. */
  readonly constraint?: string;
  /** Whether the registry itself chooses, so that an older version from it is no mistake. */
  readonly chosenByServer?: boolean;
}
