import type { ArtifactBody } from "../base/artifact_body.ts";

/** One artifact in the cache. */
export interface CacheEntry {
  readonly key: string;
  /** Where its bytes are on this host. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
}

/** Options of {@link Cache.write}. */
export interface CacheWriteOptions {
  /** More bytes than this fail the write. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Keeps downloaded artifacts, and the key of the one that is deployed. */
export interface Cache {
  /**
   * Returns the entry, its digest computed from the bytes as they are now, or
   * `undefined` when there is none.
   *
   * @throws {FilesystemError} When it exists and cannot be read.
   */
  read(key: string, signal: AbortSignal): Promise<CacheEntry | undefined>;

  /**
   * Stores `body` under `key`, all or nothing: the bytes go to a `.partial` file
   * of this writer's own, are counted and hashed on the way, synced, and only
   * then renamed.
   *
   * @throws {ArtifactError} `length` when it ends early or late, `too-large` past `maxBytes`.
   * @throws {SourceError} When the source breaks off.
   * @throws {FilesystemError} When it cannot be written.
   */
  write(
    key: string,
    body: ArtifactBody,
    options: CacheWriteOptions,
  ): Promise<CacheEntry>;

  /**
   * Offers a verified entry to other hosts, where there are any. That it
   * cannot is told and does not fail.
   */
  share?(entry: CacheEntry, signal: AbortSignal): Promise<void>;

  /** Removes an entry; one that is not there is no error. */
  remove(key: string): Promise<void>;

  /** Returns the key of the deployed release, or `undefined` before the first one. */
  readCurrent(): Promise<string | undefined>;

  /** Records `key` as the deployed release, by one rename. */
  writeCurrent(key: string): Promise<void>;

  /** Removes what interrupted writes left behind, and nothing that is still written. */
  removeLeftovers(): Promise<void>;

  /**
   * Removes the oldest entries until at most `keep` of them are left, never one
   * of `inUse`. Returns the keys that went.
   */
  evict(
    options: { readonly keep: number; readonly inUse: ReadonlySet<string> },
  ): Promise<string[]>;
}
