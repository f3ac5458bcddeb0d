import { dewyCommand } from "./dewy_program.ts";

/** How a dewy that ran to its end did. */
export interface DewyRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what dewy is run. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The program, without its arguments; the one of {@link dewyCommand} when left out. */
  readonly command?: readonly string[];
}

/** Runs `dewy ARGS` to its end, with its output in pipes. */
export async function runDewy(
  args: readonly string[],
  { cwd, env = {}, command = dewyCommand() }: RunOptions,
): Promise<DewyRun> {
  const [program = "", ...rest] = command;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...rest, ...args],
    cwd,
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** A terminal and what runs on it. */
export interface TerminalOptions extends RunOptions {
  readonly columns: number;
}

/**
 * Runs `dewy ARGS` to its end on a terminal of its own (util-linux `script`),
 * and returns all that was written there as `stdout`.
 */
export async function runOnTerminal(
  args: readonly string[],
  { columns, env = {}, command = dewyCommand(), ...options }: TerminalOptions,
): Promise<DewyRun> {
  const words = [...command, ...args].map((word) => `'${word}'`).join(" ");
  const run = await runDewy(
    ["-qec", `stty cols ${columns} -onlcr; ${words}`, "/dev/null"],
    {
      ...options,
      command: ["script"],
      env: { SHELL: "/bin/sh", TERM: "xterm", NO_COLOR: "", ...env },
    },
  );
  return run;
}
