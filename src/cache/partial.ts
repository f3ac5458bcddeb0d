import { join } from "node:path";
import type { ArtifactBody } from "../base/artifact_body.ts";
import { syncFolder } from "../base/durable_file.ts";
import { systemErrorCode } from "../base/errors.ts";
import type { CacheWriteOptions } from "./cache.ts";
import { partialName } from "./key.ts";
import type { Pumped } from "./pump.ts";

/** An unlockable partial file older than this has no writer any more, milliseconds. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

const EXCLUSIVE = true;

/** What {@link storeFile} stores. */
export interface StoreOptions extends CacheWriteOptions {
  readonly body: ArtifactBody;
  readonly key: string;
}

interface PartialFile {
  readonly path: string;
  readonly file: Deno.FsFile;
}

/**
 * Writes a body beside its place in `folder` and renames it there; on a failure
 * nothing is left behind. Another dewy may write the same key meanwhile: each
 * has a file of its own, locked until it is in place, which tells
 * {@link removePartial} that somebody is at work on it.
 */
export async function storeFile(
  folder: string,
  options: StoreOptions,
): Promise<Pumped> {
  const { path, file } = await openPartial(folder, options.key);
  try {
    const { pump } = await import("./pump.ts");
    const stored = await pump(options.body, {
      ...options,
      name: options.key,
      file,
    });
    await file.sync();
    options.signal.throwIfAborted();
    await Deno.rename(path, join(folder, options.key));
    await syncFolder(folder);
    return stored;
  } catch (error) {
    // The first failure says more than a second one about the same disk.
    await Deno.remove(path).catch(() => {});
    throw error;
  } finally {
    file.close();
  }
}

/** Removes a partial file, unless somebody is writing it. */
export async function removePartial(path: string): Promise<void> {
  const facts = await Deno.lstat(path).catch(ifMissing);
  if (facts === undefined) return;
  if (!facts.isFile) return await remove(path);
  const isOld = Date.now() - (facts.mtime?.getTime() ?? 0) > ABANDONED_MS;
  // Another user's file, and one without locks: its age has to tell.
  using file = await Deno.open(path).catch(() => undefined);
  const isFree = await file?.tryLock(EXCLUSIVE).catch(() => isOld) ?? isOld;
  // Still locked: a writer that has opened it just now finds it gone.
  if (isFree) await remove(path);
}

async function openPartial(folder: string, key: string): Promise<PartialFile> {
  for (;;) {
    const path = join(folder, partialName(key));
    // A new file only: a link of that name would be written through.
    const file = await Deno.open(path, {
      write: true,
      createNew: true,
      mode: 0o644,
    });
    try {
      // Without locks another dewy goes by the age of the file.
      await file.lock(EXCLUSIVE).catch(() => {});
      // Between opening and locking, another dewy may have tidied it up.
      if (await Deno.lstat(path).catch(ifMissing)) return { path, file };
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path).catch(ifMissing);
}

function ifMissing(error: unknown): undefined {
  if (systemErrorCode(error) !== "ENOENT") throw error;
}
