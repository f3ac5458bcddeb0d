import { join } from "node:path";
import process from "node:process";
import { systemErrorCode } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { delay } from "../base/time.ts";
import { sendSignal } from "./worker.ts";

/** A worker as it is written down, so that the next dewy can find it. */
export interface WorkerRecord {
  readonly pid: number;
  /** Start time in clock ticks since boot, from `/proc`: with it a reused number is told apart. */
  readonly startTime: string | undefined;
  /** Whether the kernel itself signals it when dewy dies. */
  readonly tied: boolean;
}

/** How long a worker that outlived its dewy may finish what it has, milliseconds. */
const ORPHAN_GRACE_MS = 5_000;
/** How long a killed one is waited for: what is left of it then is for init to collect. */
const KILLED_GRACE_MS = 2_000;
const POLL_MS = 50;

/** Remembers the workers that run, in a file that outlives dewy. */
export class WorkerLedger {
  #path: string;
  #records = new Map<number, WorkerRecord>();
  #saving: Promise<void> = Promise.resolve();

  /** @param folder dewy's own folder, `.dewy`. */
  constructor(folder: string) {
    this.#path = join(folder, "workers.json");
  }

  /** Writes down a worker that was launched. */
  async add(pid: number, tied: boolean): Promise<void> {
    const startTime = (await processStat(pid))?.startTime;
    this.#records.set(pid, { pid, startTime, tied });
    await this.#save();
  }

  /** Strikes out a worker that has ended. */
  async remove(pid: number): Promise<void> {
    this.#records.delete(pid);
    await this.#save();
  }

  /** Saves one after the other, so that the file always ends as the newest state. */
  #save(): Promise<void> {
    const saved = this.#saving.then(async () => {
      const text = JSON.stringify([...this.#records.values()]);
      const temporary = `${this.#path}.partial`;
      await Deno.writeTextFile(temporary, text);
      await Deno.rename(temporary, this.#path);
    });
    // Whoever asked for this save gets its failure; the next one starts afresh.
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /**
   * Ends the workers that an earlier dewy left behind, so that no two run side
   * by side: waits a little for them to finish, then kills their groups.
   */
  async endOrphans(emit: EmitEvent): Promise<void> {
    const orphans: WorkerRecord[] = [];
    for (const record of await this.#read()) {
      if (await isOurs(record)) orphans.push(record);
    }
    await Promise.all(orphans.map((orphan) => endOrphan(orphan, emit)));
    await this.#save();
  }

  async #read(): Promise<readonly WorkerRecord[]> {
    try {
      return parseRecords(JSON.parse(await Deno.readTextFile(this.#path)));
    } catch (error) {
      // Without a readable record there is nothing that could be ended safely.
      if (
        error instanceof Deno.errors.NotFound || error instanceof SyntaxError
      ) {
        return [];
      }
      throw error;
    }
  }
}

async function endOrphan(record: WorkerRecord, emit: EmitEvent): Promise<void> {
  const { pid } = record;
  emit({ type: "orphan-found", pid });
  // A tied one has its SIGTERM from the kernel; a second would cut its draining short.
  if (!record.tied) sendSignal(pid, "SIGTERM");
  const killed = !await goneWithin(record, ORPHAN_GRACE_MS);
  if (killed) {
    sendSignal(-pid, "SIGKILL");
    await goneWithin(record, KILLED_GRACE_MS);
  }
  emit({ type: "orphan-gone", pid, killed });
}

async function goneWithin(record: WorkerRecord, ms: number): Promise<boolean> {
  const never = new AbortController().signal;
  const until = Date.now() + ms;
  while (await isOurs(record)) {
    if (Date.now() >= until) return false;
    await delay(POLL_MS, never);
  }
  return true;
}

/** Whether the process of a record still runs, or its group does without it. */
async function isOurs(record: WorkerRecord): Promise<boolean> {
  if (!isAlive(-record.pid)) return false;
  if (Deno.build.os !== "linux") return true;
  const stat = await processStat(record.pid);
  if (stat === undefined) return true;
  // A zombie has ended; only its parent's wait is missing.
  return stat.startTime === record.startTime && stat.state !== "Z";
}

/** Whether a process, or with a negative number a group, exists. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (systemErrorCode(error) === "ESRCH") return false;
    if (systemErrorCode(error) === "EPERM") return true;
    throw error;
  }
}

/**
 * Reads state and start time of a process from `/proc` (see proc_pid_stat(5)).
 * Deno reads `/proc` only when it may do everything, which dewy may not; so
 * `cat` does it.
 */
async function processStat(
  pid: number,
): Promise<{ state: string; startTime: string } | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const { success, stdout } = await new Deno.Command("/bin/cat", {
    args: [`/proc/${pid}/stat`],
    stdin: "null",
    stderr: "null",
  }).output();
  if (!success) return undefined;
  // The name, in parentheses, may hold blanks and parentheses itself.
  const text = new TextDecoder().decode(stdout);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

function parseRecords(value: unknown): readonly WorkerRecord[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown): WorkerRecord[] => {
    if (typeof item !== "object" || item === null) return [];
    const { pid, startTime, tied } = item as Record<string, unknown>;
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 1) {
      return [];
    }
    return [{
      pid,
      startTime: typeof startTime === "string" ? startTime : undefined,
      tied: tied === true,
    }];
  });
}
