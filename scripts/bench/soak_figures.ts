import { join } from "node:path";

/** What a process and its folder have at one moment. */
export interface Figures {
  readonly atMs: number;
  readonly residentMb: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly children: number;
  readonly zombies: number;
  /** Of the process since its start, milliseconds. */
  readonly cpuMs: number;
  /** In the folder, at any depth. */
  readonly files: number;
  readonly diskMb: number;
}

/** What does not count as a file that stays. */
const COUNTED = ["residentMb", "descriptors", "threads", "children"] as const;

/** Length of a tick of processor time in `/proc`, milliseconds. */
const TICK_MS = 10;

/** Returns what a process of this system has, or `undefined` when it is gone. */
export async function readFigures(
  pid: number,
  folder: string,
): Promise<Figures | undefined> {
  const status = await readIfThere(`/proc/${pid}/status`);
  const stat = await readIfThere(`/proc/${pid}/stat`);
  if (status === undefined || stat === undefined) return undefined;
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  const [user, system] = fieldsOf(stat).slice(11, 13).map(Number);
  const { files, bytes } = await measureFolder(folder);
  return {
    atMs: performance.now(),
    residentMb: field("VmRSS") / 1024,
    descriptors: await countEntries(`/proc/${pid}/fd`),
    threads: field("Threads"),
    ...await countChildren(pid),
    cpuMs: ((user ?? 0) + (system ?? 0)) * TICK_MS,
    files,
    diskMb: bytes / 1e6,
  };
}

/** Returns the median of each figure in each of `parts` parts of the time, as text. */
export function describeTrend(
  samples: readonly Figures[],
  parts: number,
): readonly string[] {
  const size = Math.max(1, Math.ceil(samples.length / parts));
  return [...COUNTED, "zombies", "files", "diskMb"].map((name) => {
    const medians: string[] = [];
    for (let at = 0; at < samples.length; at += size) {
      const values = samples.slice(at, at + size)
        .map((sample) => sample[name as keyof Figures]);
      medians.push(median(values).toFixed(name.endsWith("Mb") ? 1 : 0));
    }
    return `${name.padEnd(12)} ${medians.join(" ")}`;
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** What follows the name of the program, which may hold anything. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

async function countChildren(
  pid: number,
): Promise<{ readonly children: number; readonly zombies: number }> {
  let children = 0;
  let zombies = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readIfThere(`/proc/${name}/stat`);
    if (stat === undefined) continue;
    const [state, parent] = fieldsOf(stat);
    if (Number(parent) !== pid) continue;
    if (state === "Z") zombies++;
    else children++;
  }
  return { children, zombies };
}

async function countEntries(folder: string): Promise<number> {
  let count = 0;
  try {
    for await (const _ of Deno.readDir(folder)) count++;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return count;
}

async function measureFolder(
  folder: string,
): Promise<{ readonly files: number; readonly bytes: number }> {
  let files = 0;
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      files++;
      if (!entry.isDirectory) {
        bytes += (await Deno.lstat(path)).size;
        continue;
      }
      const within = await measureFolder(path);
      files += within.files;
      bytes += within.bytes;
    }
  } catch (error) {
    // Files and folders go while they are counted.
    if (!isGone(error)) throw error;
  }
  return { files, bytes };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    // ESRCH: the process ended between two reads.
    (error instanceof Error && error.message.includes("os error 3"));
}
