import process from "node:process";
import { join } from "node:path";
import { systemErrorCode } from "../../base/errors.ts";
import { Fields } from "../operator/fields.ts";
import { openAdminClient } from "../operator/open_admin_client.ts";
import { OperatorError } from "../operator/operator_error.ts";
import type { AdminPlaceGiven } from "../operator/request.ts";

/** A dewy that works in the directory that is looked at. */
export interface RunningDewy {
  readonly pid: number;
  /** Its settings by the names of the options; left out when it does not answer. */
  readonly config: Fields | undefined;
  /** For people: `dewy 0.1.0, process 12`. */
  readonly shown: string;
}

const LIMIT_MS = 5_000;

/**
 * Returns the dewy of a working directory. The lock is not touched: a dewy that
 * starts just now would find it taken.
 */
export async function findRunningDewy(
  root: string,
  place: AdminPlaceGiven,
  env: Readonly<Record<string, string>>,
): Promise<RunningDewy | undefined> {
  try {
    using client = await openAdminClient(place, env);
    const status = Fields.of(
      await client.ask({ path: "status", limitMs: LIMIT_MS }),
    );
    const { config } = await client.ask({
      path: "config",
      limitMs: LIMIT_MS,
    }) as {
      config?: unknown;
    };
    const pid = status.number("pid") ?? 0;
    const shown = `dewy ${status.text("version")}, process ${pid}`;
    return { pid, config: Fields.of(config), shown };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return await lockHolder(root);
  }
}

/** The process that the lock names, if it is alive; it may be another one by now. */
async function lockHolder(root: string): Promise<RunningDewy | undefined> {
  const pid = Number(await readIfThere(join(root, ".dewy", "lock")));
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  const shown = `process ${pid}, whose admin API does not answer`;
  return { pid, config: undefined, shown };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    const isOut = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (isOut) return "";
    throw error;
  }
}
