import { delimiter, resolve } from "node:path";
import { ApplicationError } from "../base/errors.ts";

/** Where to look for a program. */
export interface FindProgramOptions {
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** The value of `PATH`. */
  readonly path: string;
}

/**
 * Returns the path that running `name` would run, as a shell finds it.
 *
 * @throws {ApplicationError} When there is none, or it is not executable.
 */
export async function findProgram(
  name: string,
  options: FindProgramOptions,
): Promise<string> {
  const candidates = name.includes("/")
    ? [resolve(options.cwd, name)]
    : options.path.split(delimiter).map((folder) =>
      resolve(options.cwd, folder, name)
    );
  let notExecutable: string | undefined;
  for (const candidate of candidates) {
    const info = await stat(candidate);
    if (info === undefined || !info.isFile) continue;
    if ((info.mode ?? 0o111) & 0o111) return candidate;
    notExecutable ??= candidate;
  }
  if (notExecutable !== undefined) {
    throw new ApplicationError(
      `Cannot start "${name}": "${notExecutable}" is not executable`,
      {
        hint: "Set its mode before packing the release: chmod +x",
      },
    );
  }
  throw new ApplicationError(
    name.includes("/")
      ? `Cannot start "${name}": no such program at "${candidates[0]}"`
      : `Cannot start "${name}": no such program in PATH`,
    {
      hint:
        "Check the command after -- against what the release holds; relative paths start in dewy's working directory",
    },
  );
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory ||
      error instanceof Deno.errors.PermissionDenied
    ) return undefined;
    throw error;
  }
}
