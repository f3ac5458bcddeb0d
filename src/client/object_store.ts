import type { ArtifactBody } from "../base/artifact_body.ts";

/** An object in a listing. */
export interface ObjectInfo {
  /** Its whole key. */
  readonly key: string;
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly modifiedAt: number;
  /** Changes with its bytes: ETag or generation. */
  readonly version: string;
}

/** A small object that was read whole. */
export interface ObjectText {
  readonly text: string;
  /** Hand it to {@link ObjectStore.write} to replace just this version. */
  readonly version: string;
}

/** How an object is written. */
export interface ObjectWriteOptions {
  readonly contentType: string;
  /** Replace only this version; empty: only when there is none. Without it, whatever is there. */
  readonly ifVersion?: string;
  readonly signal: AbortSignal;
}

/** The object had another version than the write was meant for. */
export class VersionConflict extends Error {
  override readonly name = "VersionConflict";
}

/** A bucket of an S3 or GCS service, as far as dewy uses one. All keys are whole keys. */
export interface ObjectStore {
  /** How it is named to people: `s3://bucket`, without credentials. */
  readonly shownName: string;

  /**
   * Returns the names directly below `prefix` that have objects below them
   * (listing by the delimiter `/`), without prefix and slash.
   *
   * @throws {SourceError} When the bucket cannot be listed.
   */
  listFolders(prefix: string, signal: AbortSignal): Promise<string[]>;

  /**
   * Returns the objects below `prefix`.
   *
   * @throws {SourceError} When the bucket cannot be listed.
   */
  listObjects(prefix: string, signal: AbortSignal): Promise<ObjectInfo[]>;

  /**
   * Opens an object's bytes as a stream that is never held whole.
   *
   * @throws {SourceError} `not-found` when there is none.
   */
  open(key: string, signal: AbortSignal): Promise<ArtifactBody>;

  /**
   * Reads a small object, or returns `undefined` when there is none.
   *
   * @throws {SourceError} When it cannot be read.
   */
  readText(key: string, signal: AbortSignal): Promise<ObjectText | undefined>;

  /**
   * Writes an object and returns its new version.
   *
   * @throws {VersionConflict} When `ifVersion` does not hold.
   * @throws {SourceError} When it cannot be written.
   */
  write(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: ObjectWriteOptions,
  ): Promise<string>;

  /** Writes a file of this host as an object, streamed. */
  writeFile(key: string, path: string, signal: AbortSignal): Promise<void>;

  /** Removes an object; one that is not there is no error. */
  remove(key: string, signal: AbortSignal): Promise<void>;
}

/** Which objects {@link BrowsableStore.listPages} lists. */
export interface ListPagesOptions {
  /** Only keys after this one, in the order of their UTF-8 bytes. */
  readonly after?: string;
  readonly signal: AbortSignal;
}

/** A bucket whose folders may hold more objects than should be held in memory. */
export interface BrowsableStore extends ObjectStore {
  /**
   * Returns the objects below `prefix` in the order of their keys' UTF-8 bytes,
   * as many at a time as the service sends; leaving off asks for no more.
   *
   * @throws {SourceError} When the bucket cannot be listed.
   */
  listPages(
    prefix: string,
    options: ListPagesOptions,
  ): AsyncIterable<readonly ObjectInfo[]>;

  /**
   * Returns the SHA-256 of a whole object in lower-case hex, when the service
   * keeps one and vouches for it.
   *
   * @throws {SourceError} When the object cannot be read.
   */
  storedSha256(key: string, signal: AbortSignal): Promise<string | undefined>;
}
