import { ArtifactError, SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { cacheKey, type Release } from "../base/release.ts";
import type { CacheEntry } from "../cache/cache.ts";
import type { Source } from "../fetcher/source.ts";
import { type FailedRelease, recordDigest } from "./state.ts";
import type { StateFile } from "./state_file.ts";

/** What {@link fetchArtifact} works with. */
export interface FetchDeps {
  readonly source: Source;
  readonly state: StateFile;
  readonly emit: EmitEvent;
  /** More bytes than this are refused. */
  readonly maxArtifactBytes: number;
  /** Whether an artifact without a published checksum is refused. */
  readonly requireChecksum: boolean;
}

/**
 * Returns the artifact of a release in the cache, downloaded unless it is there
 * already, and verified against its published checksum.
 *
 * @throws {ArtifactError} When its bytes are not what was published.
 * @throws {SourceError} When it cannot be downloaded.
 */
export async function fetchArtifact(
  release: Release,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<CacheEntry> {
  const { source, state, emit, requireChecksum } = deps;
  const { tag } = release;
  const key = cacheKey(release);
  const trustedSha256 = state.value.digests[digestId(release)];
  const options = {
    trustedSha256,
    requireChecksum,
    maxBytes: deps.maxArtifactBytes,
  };
  const { entry, fromCache, verifiedBy } = await source
    .obtain(release, options, signal)
    .catch((cause: unknown) => {
      const isGone = isFromMemory(release) && cause instanceof SourceError &&
        cause.code === "invalid";
      throw isGone ? goneError(tag, cause) : cause;
    });
  if (verifiedBy !== undefined) {
    emit({ type: "artifact-verified", key, source: verifiedBy });
  }
  if (!fromCache) {
    const id = digestId(release);
    await state.update((value) => recordDigest(value, id, entry.sha256));
  }
  const { path, bytes, sha256 } = entry;
  emit({ type: "artifact-cached", tag, key, path, bytes, sha256, fromCache });
  emit({ type: "artifact-downloaded", tag });
  return entry;
}

/** Whether nobody but this host knows of a release at present, so that only the cache can have it. */
function isFromMemory({ artifactUrl }: Release): boolean {
  return artifactUrl === "";
}

function goneError(tag: string, cause: unknown): SourceError {
  return new SourceError(
    "not-found",
    `Cannot bring ${tag} back: its folder and its artifact are no longer here, and the registry does not say where it is`,
    { cause, hint: "Go back to a version that is here, or mend the registry" },
  );
}

/** Other bytes behind the same tag have another fingerprint, so what is cached of the former ones is not trusted for them. */
function digestId(release: Release): string {
  const { fingerprint } = release;
  const key = cacheKey(release);
  return fingerprint === undefined ? key : `${key} ${fingerprint}`;
}

/**
 * Checks that the bytes are not those of a release that was found bad a while ago.
 *
 * @throws {ArtifactError} When they are.
 */
export function refuseKnownBad(
  { key, sha256 }: CacheEntry,
  failures: readonly FailedRelease[],
  now: number,
): void {
  const known = failures.find((failed) =>
    failed.quarantined && failed.sha256 === sha256 && now < failed.retryAt
  );
  if (known === undefined) return;
  throw new ArtifactError(
    "refused",
    `Cannot deploy "${key}": the same bytes failed before: ${known.reason}`,
    { hint: "Publish a corrected release" },
  );
}
