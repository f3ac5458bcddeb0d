import { DEWY_FLAGS, UNSTABLE_FLAGS } from "../runtime_flags.ts";
import type { Target } from "./targets.ts";

/** The runtime that a program is put on, could not be had. */
export class RuntimeBaseError extends Error {
  override readonly name = "RuntimeBaseError";
}

/** What {@link compile} works on. */
export interface CompileOptions {
  /** The folder of the bundle, with `main.js`; its files must be of one time for the same program to come out. */
  readonly bundle: string;
  readonly target: Target;
  /** Path of the program. */
  readonly output: string;
  /** Set besides this process's environment. @default none */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Compiles a bundle with the permissions of dewy built in.
 *
 * @throws {RuntimeBaseError} When the runtime for the target cannot be downloaded, nor `DENORT_BIN` be used.
 * @throws When `deno compile` fails otherwise.
 */
export async function compile(options: CompileOptions): Promise<void> {
  const { bundle, target, output, env = {} } = options;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--quiet", "--no-config", "--no-code-cache"],
      ...["--app-name", "dewy", "--target", target.triple],
      ...UNSTABLE_FLAGS,
      ...DEWY_FLAGS,
      ...["--output", output, "--include", ".", "main.js"],
    ],
    cwd: bundle,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  const told = new TextDecoder().decode(stderr).trim();
  if (/Setting up base binary|Could not find denort/.test(told)) {
    throw new RuntimeBaseError(
      `Cannot get the runtime for ${target.name} (denort of Deno ${Deno.version.deno}, ${target.triple})\n\n${told}`,
    );
  }
  throw new Error(`Cannot compile for ${target.name}\n\n${told}`);
}
