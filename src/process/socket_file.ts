import { ConfigError } from "../base/errors.ts";
import { listenFailure } from "../base/listen_failure.ts";

/**
 * Removes the socket file of a process that is gone, and only that.
 *
 * @throws {ConfigError} When something else is at that path.
 * @throws {SourceError} When somebody listens there.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const info = await Deno.lstat(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (info === undefined) return;
  if (info.isSocket !== true) {
    throw new ConfigError(
      `Cannot listen on "${path}": it exists and is no socket`,
      {
        hint: "Choose another path, or remove the file",
      },
    );
  }
  if (await answers(path)) {
    throw listenFailure(path, { kind: "unix", code: "EADDRINUSE" });
  }
  await Deno.remove(path);
}

async function answers(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (
      error instanceof Deno.errors.ConnectionRefused ||
      error instanceof Deno.errors.NotFound
    ) return false;
    throw error;
  }
}

/** Removes a file; that it is gone already is as well. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
