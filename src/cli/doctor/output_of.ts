import { SourceError } from "../../base/errors.ts";

/**
 * Returns what a program prints, in the words of the C locale.
 *
 * @throws {SourceError} When it cannot be run, or fails.
 */
export async function outputOf(
  program: string,
  args: readonly string[],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { LC_ALL: "C" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new SourceError(
    "unavailable",
    `Cannot run "${program}": ${decoder.decode(stderr).trim()}`,
  );
}
