import type { Release } from "../base/release.ts";
import type { Cache, CacheEntry } from "../cache/cache.ts";
import type { Registry } from "../registry/registry.ts";
import type { Archive } from "../release/extract.ts";
import type { TreePlan } from "../release/tree_plan.ts";
import type { ExtractLimits } from "../release/tree_writer.ts";

/** How an artifact is obtained. */
export interface ObtainOptions {
  /** SHA-256 that cached bytes must have when nothing is published; such bytes are not used without it. */
  readonly trustedSha256: string | undefined;
  /** Whether an artifact without a published checksum is refused. */
  readonly requireChecksum: boolean;
  /** More bytes than this are refused. */
  readonly maxBytes: number;
}

/** An artifact in the cache, as published. */
export interface ObtainedArtifact {
  readonly entry: CacheEntry;
  readonly fromCache: boolean;
  /** Who vouches for its checksum; left out when nothing is published. */
  readonly verifiedBy?: string | undefined;
}

/** The part of a cache that keeps its house in order. */
export type CacheKeeper = Pick<
  Cache,
  "remove" | "readCurrent" | "writeCurrent" | "removeLeftovers" | "evict"
>;

/**
 * All that touches bytes of others: the registry, downloads, the cache, and the
 * unpacking of archives. It can live in an isolate of its own.
 */
export interface Source extends Registry {
  readonly cache: CacheKeeper;

  /**
   * Returns the artifact of a release in the cache, downloaded unless it is
   * there already, and verified against its published checksum.
   *
   * @throws {ArtifactError} When its bytes are not what was published.
   * @throws {SourceError} When it cannot be downloaded.
   */
  obtain(
    release: Release,
    options: ObtainOptions,
    signal: AbortSignal,
  ): Promise<ObtainedArtifact>;

  /** Offers an artifact to other hosts, where a cache is shared. */
  share(entry: CacheEntry, signal: AbortSignal): Promise<void>;

  /**
   * Unpacks an artifact into an existing empty folder, all but its links and the
   * modes of its folders, which are returned.
   *
   * @throws {ArtifactError} When the archive is bad.
   * @throws {FilesystemError} When it cannot be written.
   */
  unpack(
    archive: Archive,
    directory: string,
    options: { readonly limits: ExtractLimits; readonly signal: AbortSignal },
  ): Promise<TreePlan>;
}
