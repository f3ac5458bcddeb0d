import { join } from "node:path";
import { abortable } from "../base/abortable.ts";
import type { ArtifactBody } from "../base/artifact_body.ts";
import { writeDurably } from "../base/durable_file.ts";
import { DewyError, FilesystemError, systemErrorCode } from "../base/errors.ts";
import type { Cache, CacheEntry, CacheWriteOptions } from "./cache.ts";
import { checkKey, isArtifactKey, keyProblem, PARTIAL_SUFFIX } from "./key.ts";
import { removePartial, storeFile } from "./partial.ts";
import type { Pumped } from "./pump.ts";

const CHUNK_BYTES = 64 * 1024;

/** Keeps artifacts as files of one folder, which is created when something is first written. */
export class FileCache implements Cache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(
    key: string,
    signal: AbortSignal,
  ): Promise<CacheEntry | undefined> {
    const path = this.#path(key);
    signal.throwIfAborted();
    try {
      const digested = await abortable(digestFile(path, signal), signal);
      return digested && { key, path, ...digested };
    } catch (cause) {
      signal.throwIfAborted();
      throw wrap(`Cannot read "${path}" from the cache`, cause);
    }
  }

  async write(
    key: string,
    body: ArtifactBody,
    options: CacheWriteOptions,
  ): Promise<CacheEntry> {
    try {
      const path = this.#path(key);
      await this.#create();
      const stored = await storeFile(this.#folder, { ...options, body, key });
      return { key, path, ...stored };
    } catch (cause) {
      // A stream that was never begun would keep its connection or file open.
      if (!body.stream.locked) body.stream.cancel(cause).catch(() => {});
      options.signal.throwIfAborted();
      throw wrap(`Cannot write "${key}" to the cache`, cause);
    }
  }

  async remove(key: string): Promise<void> {
    await removeFile(this.#path(key));
  }

  async readCurrent(): Promise<string | undefined> {
    const path = join(this.#folder, "current");
    try {
      const key = (await Deno.readTextFile(path)).trim();
      // A file that a power cut left empty or zeroed names no release.
      return keyProblem(key) === undefined ? key : undefined;
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw wrap(`Cannot read "${path}"`, cause);
    }
  }

  async writeCurrent(key: string): Promise<void> {
    checkKey(key);
    await this.#create();
    const path = join(this.#folder, "current");
    try {
      await writeDurably(path, key);
    } catch (cause) {
      throw wrap(`Cannot write "${path}"`, cause);
    }
  }

  async removeLeftovers(): Promise<void> {
    await this.#create();
    for (const { name, isDirectory } of await this.#list()) {
      const isLeftover = name.endsWith(PARTIAL_SUFFIX) ||
        name.startsWith(".current-");
      if (!isLeftover || isDirectory) continue;
      const path = join(this.#folder, name);
      await removePartial(path).catch((cause) => {
        throw wrap(`Cannot remove "${path}"`, cause);
      });
    }
  }

  async evict(
    options: { readonly keep: number; readonly inUse: ReadonlySet<string> },
  ): Promise<string[]> {
    const { keep, inUse } = options;
    const entries = await this.#artifacts();
    let excess = entries.length - keep;
    const removed: string[] = [];
    for (const { key } of entries) {
      if (excess <= 0) break;
      if (inUse.has(key)) continue;
      await this.remove(key);
      removed.push(key);
      excess--;
    }
    return removed;
  }

  #path(key: string): string {
    return join(this.#folder, checkKey(key));
  }

  async #create(): Promise<void> {
    try {
      await Deno.mkdir(this.#folder, { recursive: true, mode: 0o755 });
    } catch (cause) {
      throw wrap(`Cannot create cache folder "${this.#folder}"`, cause);
    }
  }

  async #list(): Promise<Deno.DirEntry[]> {
    try {
      return await Array.fromAsync(Deno.readDir(this.#folder));
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw wrap(`Cannot read cache folder "${this.#folder}"`, cause);
    }
  }

  /** Returns the artifacts, the oldest first. */
  async #artifacts(): Promise<{ key: string; writtenAt: number }[]> {
    const artifacts: { key: string; writtenAt: number }[] = [];
    for (const { name, isFile } of await this.#list()) {
      if (!isFile || !isArtifactKey(name)) continue;
      const path = join(this.#folder, name);
      const facts = await Deno.lstat(path).catch((cause) => {
        if (isMissing(cause)) return undefined;
        throw wrap(`Cannot read "${path}"`, cause);
      });
      if (facts === undefined) continue;
      artifacts.push({ key: name, writtenAt: facts.mtime?.getTime() ?? 0 });
    }
    return artifacts.sort((a, b) =>
      a.writtenAt - b.writtenAt || (a.key < b.key ? -1 : 1)
    );
  }
}

async function digestFile(
  path: string,
  signal: AbortSignal,
): Promise<Pumped | undefined> {
  try {
    // Opening a pipe would wait for its other end for ever, so look first.
    if (!(await Deno.stat(path)).isFile) {
      throw new FilesystemError(`Cannot read "${path}": it is no regular file`);
    }
    using file = await Deno.open(path);
    // Loaded with the first artifact: polling does without the crypto library.
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256");
    const chunk = new Uint8Array(CHUNK_BYTES);
    let bytes = 0;
    for (;;) {
      const count = await file.read(chunk);
      if (count === null || signal.aborted) break;
      hash.update(chunk.subarray(0, count));
      bytes += count;
    }
    return { bytes, sha256: hash.digest("hex") };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    if (!isMissing(cause)) throw wrap(`Cannot remove "${path}"`, cause);
  }
}

function isMissing(error: unknown): boolean {
  return systemErrorCode(error) === "ENOENT";
}

function wrap(message: string, cause: unknown): DewyError {
  return cause instanceof DewyError
    ? cause
    : FilesystemError.wrap(message, cause);
}
