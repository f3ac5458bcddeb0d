import { join } from "node:path";

/** Where test services are installed, once for all checkouts of this user. */
export function servicesFolder(): string {
  const home = Deno.env.get("XDG_CACHE_HOME") ||
    join(Deno.env.get("HOME") ?? "/root", ".cache");
  return join(home, "dewy-tests");
}

/**
 * Installs into `folder` unless that is there already: beside it first, then by
 * one rename, so that a broken installation is never taken for a whole one.
 */
export async function installOnce(
  folder: string,
  install: (folder: string) => Promise<void>,
): Promise<void> {
  if (await isThere(folder)) return;
  const beside = `${folder}.${crypto.randomUUID()}`;
  await Deno.mkdir(beside, { recursive: true });
  try {
    await install(beside);
    await Deno.rename(beside, folder);
  } catch (error) {
    await Deno.remove(beside, { recursive: true });
    // Another process was quicker.
    if (!await isThere(folder)) throw error;
  }
}

/**
 * Runs a program to its end.
 *
 * @throws When it fails, with the end of what it printed.
 */
export async function run(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [program = "", ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env,
    stdin: "null",
  }).output();
  if (success) return;
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  throw new Error(`${command.join(" ")} failed:\n${output.slice(-2000)}`);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
