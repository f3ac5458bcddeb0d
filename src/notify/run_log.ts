import { join } from "node:path";
import { writeDurably } from "../base/durable_file.ts";
import { elapsedMs } from "../base/elapsed.ts";
import { FilesystemError } from "../base/errors.ts";
import { readStart } from "../base/read_text.ts";
import type { Clock } from "../base/time.ts";

/** A run that begins this soon after a bad one began is part of a row, milliseconds. */
export const SETTLED_MS = 10 * 60_000;
/** So many runs of such a row tell of themselves. */
const MAX_TOLD = 3;
const FILE = "run.json";
const MAX_BYTES = 1024;

/** What came before this run of dewy. */
export interface FormerRuns {
  /** Runs in a row that ended badly, each begun soon after the one before; 0 when the last one ended well. */
  readonly bad: number;
  /** Whether the last one ended without a word: it was killed, or the host went down. */
  readonly wasCutOff: boolean;
}

/** How a run is written down. */
export interface RunRecord {
  /** When it began, Unix milliseconds. */
  readonly startedAt: number;
  readonly end: "none" | "well" | "badly";
  /** {@link FormerRuns.bad} of it. */
  readonly bad: number;
}

/** Returns what came before a run that begins now. */
export function formerRuns(
  last: RunRecord | undefined,
  now: number,
): FormerRuns {
  if (last === undefined || last.end === "well") {
    return { bad: 0, wasCutOff: false };
  }
  const isRow = elapsedMs(last.startedAt, now) < SETTLED_MS;
  return { bad: isRow ? last.bad + 1 : 1, wasCutOff: last.end === "none" };
}

/** Whether this is the last run of a row that tells of itself. */
export function isLastTold({ bad }: FormerRuns): boolean {
  return bad === MAX_TOLD - 1;
}

/** Whether this run is one of too many in a row to tell of itself before it has lasted. */
export function isHushed({ bad }: FormerRuns): boolean {
  return bad >= MAX_TOLD;
}

/** What a {@link RunLog} works with. */
export interface RunLogOptions {
  /** `<working directory>/.dewy` */
  readonly folder: string;
  readonly clock: Pick<Clock, "now">;
  /** Hears what could not be read or written; nothing else comes of it. */
  readonly onError: (error: Error) => void;
}

/** Remembers how runs of dewy begin and end, so that one that ends again and again fills no channel. */
export class RunLog {
  readonly former: FormerRuns;
  readonly #options: RunLogOptions;
  readonly #startedAt: number;

  private constructor(options: RunLogOptions, last: RunRecord | undefined) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.former = formerRuns(last, this.#startedAt);
  }

  /** Reads how the last run ended; nothing is written yet. */
  static async open(options: RunLogOptions): Promise<RunLog> {
    return new RunLog(options, await read(options));
  }

  /** Writes down how this run ends, or with `none` that it has begun. It never rejects. */
  async write(end: RunRecord["end"]): Promise<void> {
    const { folder, onError } = this.#options;
    const path = join(folder, FILE);
    const { bad } = this.former;
    const record: RunRecord = { startedAt: this.#startedAt, end, bad };
    try {
      await Deno.mkdir(folder, { recursive: true });
      await writeDurably(path, `${JSON.stringify(record)}\n`);
    } catch (cause) {
      onError(FilesystemError.wrap(`Cannot write "${path}"`, cause));
    }
  }
}

async function read(
  { folder, onError }: RunLogOptions,
): Promise<RunRecord | undefined> {
  const path = join(folder, FILE);
  try {
    const file = await Deno.open(path);
    const { bytes } = await readStart(file.readable, MAX_BYTES);
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // It is written anew at the end of this run.
    if (error instanceof SyntaxError) return undefined;
    onError(FilesystemError.wrap(`Cannot read "${path}"`, error));
    return undefined;
  }
}

function isRecord(value: unknown): value is RunRecord {
  if (typeof value !== "object" || value === null) return false;
  const { startedAt, end, bad } = value as Partial<RunRecord>;
  return Number.isFinite(startedAt) && Number.isSafeInteger(bad) &&
    (end === "none" || end === "well" || end === "badly");
}
