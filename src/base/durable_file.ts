import { basename, dirname, join } from "node:path";

/**
 * Replaces the file at `path` by one with `text`: written beside it, synced, and
 * renamed, so that a reader, or the host after a power cut, sees the old text or
 * the new one.
 *
 * @throws When that fails, as on a full disk; the old file is there still.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  await replace(path, text, { isSynced: true });
  await syncFolder(dirname(path));
}

/**
 * Replaces a file as {@link writeDurably} does, for readers; unsynced, for a
 * file that means nothing after a power cut.
 *
 * @throws When that fails, as on a full disk; the old file is there still.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await replace(path, text, { isSynced: false });
}

async function replace(
  path: string,
  text: string,
  { isSynced }: { readonly isSynced: boolean },
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.partial`);
  using file = await Deno.open(temporary, {
    write: true,
    create: true,
    truncate: true,
  });
  try {
    let rest = new TextEncoder().encode(text);
    while (rest.length > 0) rest = rest.subarray(await file.write(rest));
    if (isSynced) await file.sync();
    await Deno.rename(temporary, path);
  } catch (error) {
    // It takes room, where room may be what is wanting; the failure is what counts.
    await Deno.remove(temporary).catch(() => undefined);
    throw error;
  }
}

/** Makes renames and removals in a folder last over a power cut. */
export async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}
