import { ADMIN_PORTS_TRIED } from "../admin/doors.ts";
import type { ContainerEntry } from "../admin/original.ts";
import { ConfigError, errorMessage } from "../base/errors.ts";

const TIMEOUT_MS = 2_000;
const GAP = 4;
const TIME = "YYYY-MM-DD HH:MM:SS";

/**
 * Returns what `dewy container list` prints: the containers of the first dewy
 * that answers on `firstPort` or one of the nine ports after it.
 *
 * @throws {ConfigError} When none answers, or not as it should.
 */
export async function listContainers(firstPort: number): Promise<string> {
  for (let at = 0; at < ADMIN_PORTS_TRIED; at++) {
    const port = firstPort + at;
    const response = await ask(port);
    if (response === undefined) continue;
    if (response.status !== 200) {
      await response.body?.cancel();
      throw failure(`admin API returned status ${response.status}`);
    }
    const table = render(await read(response));
    return at === 0
      ? table
      : `${table}\n(Connected to admin API on port ${port})\n`;
  }
  const last = firstPort + ADMIN_PORTS_TRIED - 1;
  throw failure(
    `no running dewy instances found (tried ports ${firstPort}-${last})`,
    'Start "dewy container", or name its port with --admin-port',
  );
}

async function ask(port: number): Promise<Response | undefined> {
  try {
    return await fetch(`http://localhost:${port}/api/containers`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    // Nobody there, or nobody who speaks HTTP: the next port may be the one.
    return undefined;
  }
}

async function read(response: Response): Promise<readonly ContainerEntry[]> {
  try {
    const { containers } = await response.json();
    if (containers === null) return [];
    if (!Array.isArray(containers)) throw new TypeError("no list");
    return containers;
  } catch (error) {
    throw failure(`failed to parse response: ${errorMessage(error)}`);
  }
}

function render(entries: readonly ContainerEntry[]): string {
  if (entries.length === 0) return "No containers found.\n";
  const sorted = entries.toSorted((a, b) => a.name < b.name ? -1 : 1);
  const upstreams = ["UPSTREAM", ...sorted.map(({ ip_port }) => ip_port)];
  const width = Math.max(...upstreams.map(({ length }) => length)) + GAP;
  const line = (upstream: string, time: string, name: string) =>
    `${upstream.padEnd(width)}${time.padEnd(TIME.length + GAP)}${name}\n`;
  return line("UPSTREAM", "DEPLOY TIME", "NAME") +
    sorted.map(({ ip_port, deployed_at, name }) =>
      line(ip_port, shownTime(deployed_at), name)
    ).join("");
}

/** The time as it stands in the label, in the offset that stands there. */
function shownTime(rfc3339: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(rfc3339);
  return match === null ? "" : `${match[1]} ${match[2]}`;
}

function failure(what: string, hint?: string): ConfigError {
  return new ConfigError(what, hint === undefined ? {} : { hint });
}
