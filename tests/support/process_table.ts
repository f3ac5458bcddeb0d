/** Variable that marks every process of one test, with the working directory as its value. */
export const MARK = "TEST_WORKDIR";

/** A process of this system. */
export interface ProcessInfo {
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** Returns the processes that were started for `workdir` and have not ended. */
export async function processesOf(workdir: string): Promise<ProcessInfo[]> {
  const found: ProcessInfo[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const info = await readProcess(Number(name));
    if (info?.env[MARK] === workdir) found.push(info);
  }
  return found;
}

/** Returns the workers among them: those that dewy gave a generation. */
export async function workersOf(workdir: string): Promise<ProcessInfo[]> {
  const processes = await processesOf(workdir);
  return processes.filter(({ env }) => "SERVER_STARTER_GENERATION" in env);
}

/** Whether a process exists and has not ended. */
export async function isAlive(pid: number): Promise<boolean> {
  const state = await stateOf(pid);
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Sends a signal; a process that is gone is no error. */
export function signalIfThere(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Ends at once what is left of the processes of `workdir`. */
export async function killProcessesOf(workdir: string): Promise<void> {
  for (;;) {
    const left = await processesOf(workdir);
    if (left.length === 0) return;
    for (const { pid } of left) signalIfThere(pid, "SIGKILL");
  }
}

async function readProcess(pid: number): Promise<ProcessInfo | undefined> {
  if (!await isAlive(pid)) return undefined;
  const environ = await read(`/proc/${pid}/environ`);
  const command = await read(`/proc/${pid}/cmdline`);
  if (environ === undefined || command === undefined) return undefined;
  const pairs = environ.split("\0").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return {
    pid,
    env: Object.fromEntries(pairs),
    command: command.split("\0").slice(0, -1),
  };
}

async function stateOf(pid: number): Promise<string | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[0];
}

/** Processes come and go while they are listed, and some belong to others. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      (error instanceof Error && error.message.includes("os error 3"))
    ) return undefined;
    throw error;
  }
}
