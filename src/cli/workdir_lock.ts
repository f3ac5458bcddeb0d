import { join } from "node:path";
import { ConfigError, FilesystemError } from "../base/errors.ts";

/**
 * Makes `<root>/.dewy` and locks it for this process. The kernel holds the lock
 * and drops it with the process, however that ends, so it cannot go stale.
 *
 * @throws {ConfigError} When another dewy has it.
 * @throws {FilesystemError} When the folder cannot be made or locked.
 */
export async function lockWorkdir(root: string): Promise<Disposable> {
  const folder = join(root, ".dewy");
  const path = join(folder, "lock");
  const file = await open(folder, path);
  try {
    if (await file.tryLock(EXCLUSIVE)) {
      await file.truncate();
      await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
      return file;
    }
  } catch (cause) {
    file.close();
    throw FilesystemError.wrap(`Cannot lock "${path}"`, cause);
  }
  const owner = (await new Response(file.readable).text()).trim();
  throw new ConfigError(
    `Cannot use "${root}": another dewy${
      owner === "" ? "" : ` (process ${owner})`
    } works there`,
    { hint: "Give each application a working directory of its own" },
  );
}

const EXCLUSIVE = true;

async function open(folder: string, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (cause) {
    throw FilesystemError.wrap(
      `Cannot use the working directory "${folder}"`,
      cause,
    );
  }
}
