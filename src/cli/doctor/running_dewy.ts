import process from "node:process";
import { join } from "node:path";
import { ConfigError, systemErrorCode } from "../../base/errors.ts";
import { parsePortMappings } from "../container_ports.ts";
import { parseListenSpecs } from "../listen_spec.ts";
import { Fields } from "../operator/fields.ts";
import { openAdminClient } from "../operator/open_admin_client.ts";
import { OperatorError } from "../operator/operator_error.ts";
import type { AdminPlaceGiven } from "../operator/request.ts";

/** A dewy that works in the directory that is looked at. */
export interface RunningDewy {
  readonly pid: number;
  /** TCP ports and socket paths that it listens on; left out when it does not say. */
  readonly listens: ReadonlySet<string> | undefined;
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
    const ask = async (path: string) =>
      Fields.of(await client.ask({ path, limitMs: LIMIT_MS }));
    const status = await ask("status");
    const config = (await ask("config")).object("config");
    const pid = status.number("pid") ?? 0;
    return {
      pid,
      listens: listensOf(status.text("command"), config),
      shown: `dewy ${status.text("version")}, process ${pid}`,
    };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return await lockHolder(root);
  }
}

/** Reads its `--port` as its own command line does. */
function listensOf(
  command: string,
  config: Fields | undefined,
): ReadonlySet<string> | undefined {
  const specs = config?.rawTexts("port");
  if (specs === undefined) return undefined;
  try {
    const places = command === "container"
      ? parsePortMappings(specs).map(({ proxy }) => String(proxy))
      : parseListenSpecs(specs).map((address) =>
        address.kind === "tcp" ? String(address.port) : address.path
      );
    return new Set(places);
  } catch (error) {
    // One of another version may write them in another way.
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** The process that the lock names, if it is alive; it may be another one by now. */
async function lockHolder(root: string): Promise<RunningDewy | undefined> {
  const pid = Number(await readIfThere(join(root, ".dewy", "lock")));
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  const shown = `process ${pid}, whose admin API does not answer`;
  return { pid, listens: undefined, shown };
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
