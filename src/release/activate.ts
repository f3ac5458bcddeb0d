import { join } from "node:path";
import { FilesystemError } from "../base/errors.ts";
import { syncFolder } from "../base/durable_file.ts";

/**
 * Points `<root>/current` at `releaseDir`; readers see the old or the new
 * target, never neither.
 *
 * @throws {FilesystemError} When the link cannot be made, or `current` is a real folder or file.
 */
export async function activate(
  root: string,
  releaseDir: string,
): Promise<void> {
  const link = join(root, "current");
  const beside = join(root, "current.tmp");
  await refuseRealCurrent(root);
  try {
    await removeLink(beside);
    await Deno.symlink(releaseDir, beside);
    await Deno.rename(beside, link);
    await syncFolder(root);
  } catch (cause) {
    throw FilesystemError.wrap(
      `Cannot point "${link}" at "${releaseDir}"`,
      cause,
    );
  }
}

/**
 * Checks that `<root>/current` is a link, or not there.
 *
 * @throws {FilesystemError} When it is a real folder or file.
 */
export async function refuseRealCurrent(root: string): Promise<void> {
  const link = join(root, "current");
  const info = await lstat(link);
  if (info === undefined || info.isSymlink) return;
  throw new FilesystemError(
    `Cannot use "${link}": it is a real ${
      info.isDirectory ? "folder" : "file"
    }, not a link`,
    {
      hint:
        `dewy swaps it as a link; move it away first: mv ${link} ${link}.old`,
    },
  );
}

/** Removes `<root>/current`, when it is a link. */
export async function deactivate(root: string): Promise<void> {
  await removeLink(join(root, "current"));
}

/** Returns the absolute target of `<root>/current` when it leads to a folder. */
export async function readCurrent(root: string): Promise<string | undefined> {
  const link = join(root, "current");
  const info = await lstat(link);
  if (info === undefined || !info.isSymlink) return undefined;
  try {
    const target = await Deno.realPath(link);
    return (await Deno.stat(target)).isDirectory ? target : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw FilesystemError.wrap(`Cannot read the link "${link}"`, error);
  }
}

async function removeLink(path: string): Promise<void> {
  const info = await lstat(path);
  if (info?.isSymlink) await Deno.remove(path);
}

async function lstat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw FilesystemError.wrap(`Cannot read "${path}"`, error);
  }
}
