import type { ArtifactBody } from "../base/artifact_body.ts";
import { FilesystemError, SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { withDeadline } from "../base/time.ts";
import type { ObjectStore } from "../client/object_store.ts";
import type { Cache, CacheEntry, CacheWriteOptions } from "./cache.ts";
import { checkKey } from "./key.ts";

/** What a {@link SharedCache} is made of. */
export interface SharedCacheOptions {
  /** Where artifacts are used from, and where what is deployed is recorded. */
  readonly local: Cache;
  readonly store: ObjectStore;
  /** What all keys in the bucket begin with: empty, or ending in a slash. */
  readonly prefix: string;
  /** What the bucket may give at most, bytes. */
  readonly maxArtifactBytes: number;
  readonly emit: EmitEvent;
  /** How long one transfer may take, milliseconds. @default 300_000 */
  readonly transferTimeoutMs?: number;
}

const TRANSFER_TIMEOUT_MS = 5 * 60_000;

/**
 * Keeps artifacts on this host and offers them to others through a bucket,
 * under the same names. Which release is deployed is known to this host alone.
 * A bucket that fails is told, and never fails a deploy: what it cannot give
 * is downloaded from the registry. Nothing is ever removed from it.
 */
export class SharedCache implements Cache {
  readonly #options: SharedCacheOptions;
  /** What the bucket gave, so that other bytes than the right ones are replaced there. */
  readonly #given = new Map<string, string>();

  constructor(options: SharedCacheOptions) {
    this.#options = options;
  }

  async read(
    key: string,
    signal: AbortSignal,
  ): Promise<CacheEntry | undefined> {
    const entry = await this.#options.local.read(key, signal);
    if (entry !== undefined) return entry;
    return await this.#try("read", { key, signal }, async (signal) => {
      const { store, local, maxArtifactBytes: maxBytes } = this.#options;
      const body = await openIfThere(store, this.#objectKey(key), signal);
      if (body === undefined) return undefined;
      const entry = await local.write(key, body, { maxBytes, signal });
      this.#given.set(key, entry.sha256);
      return entry;
    });
  }

  write(
    key: string,
    body: ArtifactBody,
    options: CacheWriteOptions,
  ): Promise<CacheEntry> {
    return this.#options.local.write(key, body, options);
  }

  async share(entry: CacheEntry, signal: AbortSignal): Promise<void> {
    const { key, path, sha256 } = entry;
    await this.#try("write", { key, signal }, async (signal) => {
      const { store, emit } = this.#options;
      const objectKey = this.#objectKey(key);
      const given = this.#given.get(key);
      const isRight = given === undefined
        ? await this.#hasSize(entry, signal)
        : given === sha256;
      if (isRight) return;
      await store.writeFile(objectKey, path, signal);
      this.#given.set(key, sha256);
      emit({ type: "object-written", bucket: store.shownName, key: objectKey });
    });
  }

  remove(key: string): Promise<void> {
    return this.#options.local.remove(key);
  }

  readCurrent(): Promise<string | undefined> {
    return this.#options.local.readCurrent();
  }

  writeCurrent(key: string): Promise<void> {
    return this.#options.local.writeCurrent(key);
  }

  removeLeftovers(): Promise<void> {
    return this.#options.local.removeLeftovers();
  }

  evict(
    options: { readonly keep: number; readonly inUse: ReadonlySet<string> },
  ): Promise<string[]> {
    return this.#options.local.evict(options);
  }

  #objectKey(key: string): string {
    return this.#options.prefix + checkKey(key);
  }

  /** Another host may have shared it in the meantime. */
  async #hasSize(
    { key, bytes }: CacheEntry,
    signal: AbortSignal,
  ): Promise<boolean> {
    const objectKey = this.#objectKey(key);
    const objects = await this.#options.store.listObjects(objectKey, signal);
    return objects.some((object) =>
      object.key === objectKey && object.bytes === bytes
    );
  }

  async #try<T>(
    operation: "read" | "write",
    { key, signal }: { readonly key: string; readonly signal: AbortSignal },
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const { emit, transferTimeoutMs: ms = TRANSFER_TIMEOUT_MS, store } =
      this.#options;
    const bucket = store.shownName;
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `Cannot ${operation} "${key}" in "${bucket}": not done in ${
          ms / 1000
        } s`,
      );
    try {
      return await withDeadline({ signal, ms, onTimeout }, task);
    } catch (error) {
      signal.throwIfAborted();
      // A full disk is not the bucket's fault, and the direct download would fail alike.
      if (error instanceof FilesystemError) throw error;
      const told = error instanceof Error ? error : new Error(String(error));
      emit({
        type: "shared-cache-failed",
        operation,
        bucket,
        key,
        error: told,
      });
      return undefined;
    }
  }
}

async function openIfThere(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ArtifactBody | undefined> {
  try {
    return await store.open(key, signal);
  } catch (error) {
    if (error instanceof SourceError && error.code === "not-found") {
      return undefined;
    }
    throw error;
  }
}
