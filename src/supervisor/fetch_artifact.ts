import type { ArtifactStore } from "../artifact/artifact_store.ts";
import { expectedSha256 } from "../artifact/checksums.ts";
import { ArtifactError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { cacheKey, type Release } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import type { Cache, CacheEntry } from "../cache/cache.ts";
import { type FailedRelease, recordDigest } from "./state.ts";
import type { StateFile } from "./state_file.ts";

/** What {@link fetchArtifact} works with. */
export interface FetchDeps {
  readonly store: ArtifactStore;
  readonly cache: Cache;
  readonly state: StateFile;
  readonly emit: EmitEvent;
  readonly clock: Clock;
  /** More bytes than this are refused. */
  readonly maxArtifactBytes: number;
  /** Whether an artifact without a published checksum is refused. */
  readonly requireChecksum: boolean;
}

/**
 * Returns the artifact of a release in the cache, downloaded unless it is there
 * already, and verified against its published checksum.
 *
 * @throws {ArtifactError} When its bytes are not what was published, or were refused before.
 * @throws {SourceError} When it cannot be downloaded.
 */
export async function fetchArtifact(
  release: Release,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<CacheEntry> {
  const { cache, state, emit } = deps;
  const { tag } = release;
  const key = cacheKey(release);
  const expected = await expectedSha256(release, { store: deps.store, signal });
  if (expected === undefined && deps.requireChecksum) {
    throw new ArtifactError(
      "checksum",
      `Cannot verify "${key}": no checksum is published beside it`,
      {
        hint:
          `Publish "${release.artifactName}.sha256" or "SHA256SUMS" with the version, or leave out --require-checksum`,
      },
    );
  }
  const trusted = expected?.sha256 ?? state.value.digests[digestId(release)];
  const cached = trusted === undefined
    ? undefined
    : await cache.read(key, signal);
  const fromCache = cached !== undefined && cached.sha256 === trusted;
  const entry = fromCache ? cached : await download(release, deps, signal);
  if (expected !== undefined) {
    await verify(entry, expected, cache);
    emit({ type: "artifact-verified", key, source: expected.source });
  }
  const refused = refusedBefore(
    state.value.failures,
    entry.sha256,
    deps.clock.now(),
  );
  if (refused !== undefined) {
    throw new ArtifactError(
      "refused",
      `Cannot deploy "${key}": the same bytes failed before: ${refused.reason}`,
      {
        hint: "Publish a corrected release",
      },
    );
  }
  if (!fromCache) {
    const id = digestId(release);
    await state.update((value) => recordDigest(value, id, entry.sha256));
    await cache.share?.(entry, signal);
  }
  emit({
    type: "artifact-cached",
    tag,
    key,
    path: entry.path,
    bytes: entry.bytes,
    sha256: entry.sha256,
    fromCache,
  });
  emit({ type: "artifact-downloaded", tag });
  return entry;
}

/** Other bytes behind the same tag have another fingerprint, so what is cached of the former ones is not trusted for them. */
function digestId(release: Release): string {
  const { fingerprint } = release;
  const key = cacheKey(release);
  return fingerprint === undefined ? key : `${key} ${fingerprint}`;
}

async function download(
  release: Release,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<CacheEntry> {
  const { maxArtifactBytes: maxBytes } = deps;
  const body = await deps.store.open(release.artifactUrl, signal);
  return await deps.cache.write(cacheKey(release), body, { maxBytes, signal });
}

async function verify(
  entry: CacheEntry,
  expected: { readonly sha256: string; readonly source: string },
  cache: Cache,
): Promise<void> {
  if (entry.sha256 === expected.sha256) return;
  // The next attempt must not find the wrong bytes.
  await cache.remove(entry.key);
  throw new ArtifactError(
    "checksum",
    `Cannot deploy "${entry.key}": its SHA-256 is ${entry.sha256}, and ${expected.source} says ${expected.sha256}`,
    {
      hint:
        "Upload the artifact and its checksum again; they do not belong together",
    },
  );
}

function refusedBefore(
  failures: readonly FailedRelease[],
  sha256: string,
  now: number,
): FailedRelease | undefined {
  return failures.find((failed) =>
    failed.quarantined && failed.sha256 === sha256 && now < failed.retryAt
  );
}
