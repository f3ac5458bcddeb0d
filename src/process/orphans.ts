import { join } from "node:path";
import { replaceFile } from "../base/durable_file.ts";
import type { EmitEvent } from "../base/event.ts";
import { delay } from "../base/time.ts";
import { sendSignal } from "./worker.ts";

/** A worker as it is written down, so that the next dewy can find it. */
export interface WorkerRecord {
  readonly pid: number;
  /** Start time and boot, by which a reused number is told apart. */
  readonly startTime: string | undefined;
  /** Whether the kernel itself signals it when dewy dies. */
  readonly tied: boolean;
}

/** How long a worker that outlived its dewy may finish what it has, milliseconds. */
const ORPHAN_GRACE_MS = 5_000;
/** How long a killed one is waited for: what is left of it then is for init to collect. */
const KILLED_GRACE_MS = 2_000;
const POLL_MS = 50;
/** Another one with every boot. */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

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
    const startTime = await identityOf(pid);
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
      await replaceFile(this.#path, text);
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
    try {
      await this.#save();
    } catch (error) {
      // The old list names none that runs; a full disk must not cost the start.
      if (!(error instanceof Error)) throw error;
      emit({ type: "cleanup-failed", what: "the list of workers", error });
    }
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

/**
 * Whether the process of a record still runs, or what it started does without
 * it. Only one with the same start time in the same boot is it: the number alone
 * may be a stranger's by now.
 */
async function isOurs(record: WorkerRecord): Promise<boolean> {
  const { pid, startTime } = record;
  if (startTime === undefined) return false;
  const found = await identityOf(pid);
  return found === undefined
    ? await hasMembers(pid, startTime)
    : found === startTime;
}

/**
 * Whether processes run in the session and group that a worker led. They began
 * after it and in the same boot; while they run its number is given to nobody.
 */
async function hasMembers(leader: number, startTime: string): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const [startedAt, boot] = startTime.split(" ");
  const all = "cat /proc/[0-9]*/stat 2>/dev/null; cat " + BOOT_ID;
  const text = await output("/bin/sh", ["-c", all]);
  const lines = text?.trim().split("\n") ?? [];
  if (lines.pop() !== boot) return false;
  return lines.map(statFields).some((fields) =>
    fields[0] !== "Z" && fields[2] === `${leader}` &&
    fields[3] === `${leader}` && Number(fields[19]) >= Number(startedAt)
  );
}

/** Returns the fields of a process behind its name, which is in parentheses and may hold any. */
function statFields(line: string): string[] {
  return line.slice(line.lastIndexOf(")") + 2).split(" ");
}

/**
 * Returns what tells a process from every other one that ever had its number, or
 * `undefined` when it has ended. A zombie has: only its parent's wait is missing.
 *
 * Deno reads `/proc` only when it may do everything, which dewy may not; so
 * `cat` does it (see proc_pid_stat(5)).
 */
async function identityOf(pid: number): Promise<string | undefined> {
  if (Deno.build.os !== "linux") {
    const started = await output("/bin/ps", ["-o", "lstart=", "-p", `${pid}`]);
    return started?.trim() || undefined;
  }
  const text = await output("/bin/cat", [`/proc/${pid}/stat`, BOOT_ID]);
  if (text === undefined) return undefined;
  const lines = text.trim().split("\n");
  const bootId = lines.pop();
  // A name may hold line breaks.
  const fields = statFields(lines.join("\n"));
  return fields[0] === "Z" ? undefined : `${fields[19]} ${bootId}`;
}

async function output(
  file: string,
  args: readonly string[],
): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command(file, {
    args: [...args],
    stdin: "null",
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout) : undefined;
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
