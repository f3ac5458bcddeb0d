import { fileURLToPath } from "node:url";
import { DEWY_FLAGS } from "../../scripts/runtime_flags.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

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
  const dewy = [
    Deno.execPath(),
    ...["run", ...DEWY_FLAGS, "--config", CONFIG, MAIN, ...args],
  ];
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
