import { basename, dirname, join } from "node:path";

/**
 * Replaces the file at `path` by one with `text`: written beside it, synced, and
 * renamed, so that a reader, or the host after a power cut, sees the old text or
 * the new one.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.partial`);
  using file = await Deno.open(temporary, {
    write: true,
    create: true,
    truncate: true,
  });
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await file.write(rest));
  await file.sync();
  await Deno.rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes renames and removals in a folder last over a power cut. */
export async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}
