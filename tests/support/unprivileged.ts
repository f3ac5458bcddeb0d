import { dewyCommand } from "./dewy_program.ts";

/** How a dewy that ran to its end did. */
export interface UnprivilegedRun {
  readonly code: number;
  readonly stderr: string;
}

/** Returns a command that runs without root's right to pass over the modes of files. */
export function unprivileged(command: readonly string[]): readonly string[] {
  if (Deno.uid() !== 0) return command;
  return [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-all",
    ...command,
  ];
}

/** Runs `dewy ARGS` to its end without root's right to pass over the modes of files. */
export async function runUnprivileged(
  args: readonly string[],
  cwd: string,
): Promise<UnprivilegedRun> {
  const dewy = [...dewyCommand(), ...args];
  const [program = "", ...rest] = unprivileged(dewy);
  const { code, stderr } = await new Deno.Command(program, {
    args: rest,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}
