import { type ObjectStore, VersionConflict } from "../client/object_store.ts";
import {
  type CachedEntry,
  EMPTY_ENTRY,
  formatEntry,
  parseEntry,
} from "./cached_entry.ts";

/** Where the shared entry is. */
export interface CachedObjectOptions {
  readonly store: ObjectStore;
  /** Its whole key. */
  readonly key: string;
}

/** The shared entry, and the version of it that may be replaced. */
export interface VersionedEntry {
  readonly entry: CachedEntry;
  /** Empty when there is none yet. */
  readonly version: string;
}

/** Reads and replaces the shared entry of one registry. */
export class CachedObject {
  readonly #options: CachedObjectOptions;

  constructor(options: CachedObjectOptions) {
    this.#options = options;
  }

  /** @throws {SourceError} When the bucket cannot be read. */
  async read(signal: AbortSignal): Promise<VersionedEntry> {
    const { store, key } = this.#options;
    const found = await store.readText(key, signal);
    return found === undefined
      ? { entry: EMPTY_ENTRY, version: "" }
      : { entry: parseEntry(found.text), version: found.version };
  }

  /**
   * Replaces one version by another, or returns `undefined` when another host
   * was faster.
   *
   * @throws {SourceError} When the bucket cannot be written.
   */
  async replace(
    version: string,
    entry: CachedEntry,
    signal: AbortSignal,
  ): Promise<VersionedEntry | undefined> {
    const { store, key } = this.#options;
    const bytes = new TextEncoder().encode(formatEntry(entry));
    const contentType = "application/json";
    const options = { contentType, ifVersion: version, signal };
    try {
      return { entry, version: await store.write(key, bytes, options) };
    } catch (error) {
      if (error instanceof VersionConflict) return undefined;
      throw error;
    }
  }
}
