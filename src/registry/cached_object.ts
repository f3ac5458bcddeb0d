import { SourceError } from "../base/errors.ts";
import { type Clock, withDeadline } from "../base/time.ts";
import { type ObjectStore, VersionConflict } from "../client/object_store.ts";
import {
  type CachedEntry,
  EMPTY_ENTRY,
  formatEntry,
  parseEntry,
} from "./cached_entry.ts";

/** How long one request for the shared entry may take, milliseconds. */
const BUCKET_MS = 10_000;

/** Where the shared entry is. */
export interface CachedObjectOptions {
  readonly store: ObjectStore;
  /** Its whole key. */
  readonly key: string;
  readonly clock: Clock;
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
    const found = await this.#bounded(
      signal,
      (signal) => store.readText(key, signal),
    );
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
    const write = (signal: AbortSignal) =>
      store.write(key, bytes, { contentType, ifVersion: version, signal });
    try {
      return { entry, version: await this.#bounded(signal, write) };
    } catch (error) {
      if (error instanceof VersionConflict) return undefined;
      throw error;
    }
  }
  /** The registry itself must still get its turn when the bucket stalls in the middle of an answer. */
  #bounded<T>(
    signal: AbortSignal,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#options;
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `The shared cache did not answer in ${BUCKET_MS / 1000} s`,
        {
          hint:
            "Check the bucket of --cache; the registry is asked directly meanwhile",
        },
      );
    const deadline = { signal, ms: BUCKET_MS, onTimeout, abandon: true, clock };
    return withDeadline(deadline, task);
  }
}
