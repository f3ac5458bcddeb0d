import type { ArtifactStore } from "../artifact/artifact_store.ts";
import { expectedSha256 } from "../artifact/checksums.ts";
import { expectAnnounced } from "../artifact/expected_length.ts";
import { ArtifactError } from "../base/errors.ts";
import { cacheKey, type Release } from "../base/release.ts";
import type { Cache, CacheEntry } from "../cache/cache.ts";
import type { ObtainedArtifact, ObtainOptions } from "./source.ts";

/** What {@link obtain} works with. */
export interface ObtainDeps extends ObtainOptions {
  readonly store: ArtifactStore;
  readonly cache: Cache;
}

/** See {@link Source.obtain}. */
export async function obtain(
  release: Release,
  deps: ObtainDeps,
  signal: AbortSignal,
): Promise<ObtainedArtifact> {
  const { store, cache } = deps;
  const expected = await expectedSha256(release, { store, signal });
  if (expected === undefined && deps.requireChecksum) {
    throw unverifiable(release);
  }
  const trusted = expected?.sha256 ?? deps.trustedSha256;
  const cached = trusted === undefined
    ? undefined
    : await cache.read(cacheKey(release), signal);
  const fromCache = cached !== undefined && cached.sha256 === trusted;
  const entry = fromCache ? cached : await download(release, deps, signal);
  if (expected !== undefined && entry.sha256 !== expected.sha256) {
    // The next attempt must not find the wrong bytes.
    await cache.remove(entry.key);
    throw mismatch(entry, expected);
  }
  return { entry, fromCache, verifiedBy: expected?.source };
}

async function download(
  release: Release,
  { store, cache, maxBytes }: ObtainDeps,
  signal: AbortSignal,
): Promise<CacheEntry> {
  const opened = await store.open(release.artifactUrl, signal);
  const body = expectAnnounced(opened, release);
  return await cache.write(cacheKey(release), body, { maxBytes, signal });
}

function unverifiable(release: Release): ArtifactError {
  return new ArtifactError(
    "checksum",
    `Cannot verify "${cacheKey(release)}": no checksum is published beside it`,
    {
      hint:
        `Publish "${release.artifactName}.sha256" or "SHA256SUMS" with the version, or leave out --require-checksum`,
    },
  );
}

function mismatch(
  { key, sha256 }: CacheEntry,
  expected: { readonly sha256: string; readonly source: string },
): ArtifactError {
  return new ArtifactError(
    "checksum",
    `Cannot deploy "${key}": its SHA-256 is ${sha256}, and ${expected.source} says ${expected.sha256}`,
    {
      hint:
        "Upload the artifact and its checksum again; they do not belong together",
    },
  );
}
