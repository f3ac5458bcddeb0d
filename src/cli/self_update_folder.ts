import { basename, dirname, join } from "node:path";
import {
  errorMessage,
  FilesystemError,
  systemErrorCode,
} from "../base/errors.ts";

const PREFIX = ".dewy-update-";

/** A folder this old is no longer worked in, milliseconds: a day. */
const LEFTOVER_MS = 86_400_000;

/** A folder beside the program, removed with this value; the last step is then a rename. */
export class UpdateFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /**
   * Makes it, and removes those that updates which were killed have left.
   *
   * @param write Takes what an operator has to remove by hand.
   * @throws {FilesystemError} When nothing can be written beside the program.
   */
  static async create(
    program: string,
    write: (text: string) => void,
  ): Promise<UpdateFolder> {
    const dir = dirname(program);
    try {
      const path = await Deno.makeTempDir({ dir, prefix: PREFIX });
      const folder = new UpdateFolder(path);
      await removeLeftovers(dir, write);
      return folder;
    } catch (cause) {
      throw await cannotWrite(program, cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

async function removeLeftovers(
  dir: string,
  write: (text: string) => void,
): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const path = join(dir, basename(name));
    try {
      const { mtime } = await Deno.lstat(path);
      const age = Date.now() - (mtime?.getTime() ?? Date.now());
      if (age > LEFTOVER_MS) await Deno.remove(path, { recursive: true });
    } catch (error) {
      // Another update may have been quicker.
      if (systemErrorCode(error) === "ENOENT") continue;
      write(`Remove "${path}" by hand: ${errorMessage(error)}\n`);
    }
  }
}

async function cannotWrite(
  program: string,
  cause: unknown,
): Promise<FilesystemError> {
  const message = `Cannot replace "${program}": its folder cannot be written`;
  const code = systemErrorCode(cause);
  if (code !== "EACCES" && code !== "EPERM") {
    return FilesystemError.wrap(message, cause);
  }
  const { uid } = await Deno.stat(dirname(program));
  const hint = `Run this as the owner of the folder, user ${uid}`;
  return new FilesystemError(message, { cause, hint });
}
