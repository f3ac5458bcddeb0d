import { ADMIN_PORTS_TRIED } from "../admin/doors.ts";
import type { ContainerEntry } from "../admin/original.ts";
import { ConfigError, errorMessage } from "../base/errors.ts";

const TIMEOUT_MS = 2_000;
const GAP = 4;
const TIME = "YYYY-MM-DD HH:MM:SS";

/**
 * Returns what `dewy container list` prints: the containers of each dewy that
 * answers on `firstPort` or one of the nine ports after it. Whatever else
 * listens there is passed over.
 *
 * @throws {ConfigError} When none answers, or not as it should.
 */
export async function listContainers(firstPort: number): Promise<string> {
  const ports = Array.from(
    { length: ADMIN_PORTS_TRIED },
    (_, at) => firstPort + at,
  );
  const answers = await Promise.all(ports.map(look));
  const found = answers.filter((answer) => "entries" in answer);
  if (found.length > 0) {
    const table = render(found.flatMap(({ entries }) => entries));
    return table + noteOf(found.map(({ port }) => port), firstPort);
  }
  const [refusal] = answers.filter((answer) => "refusal" in answer);
  if (refusal !== undefined) throw failure(refusal.refusal);
  throw failure(
    `no running dewy instances found (tried ports ${firstPort}-${
      ports.at(-1)
    })`,
    'Start "dewy container", or name its port with --admin-port',
  );
}

/** What is at a port. */
type Answer =
  | { readonly port: number; readonly entries: readonly ContainerEntry[] }
  /** It speaks HTTP, and not as dewy does. */
  | { readonly port: number; readonly refusal: string }
  | { readonly port: number };

async function look(port: number): Promise<Answer> {
  const response = await ask(port);
  if (response === undefined) return { port };
  if (response.status !== 200) {
    await response.body?.cancel();
    return {
      port,
      refusal: `admin API returned status ${response.status}`,
    };
  }
  try {
    return { port, entries: await read(response) };
  } catch (error) {
    const refusal = `failed to parse response: ${errorMessage(error)}`;
    return { port, refusal };
  }
}

/** Says where the answers come from, unless it is only where they were looked for first. */
function noteOf(ports: readonly number[], firstPort: number): string {
  if (ports.length === 1 && ports[0] === firstPort) return "";
  const name = ports.length === 1 ? "port" : "ports";
  return `\n(Connected to admin API on ${name} ${ports.join(", ")})\n`;
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
  const { containers } = await response.json();
  // It has none: dewy server, or before the first deploy.
  if (containers === null) return [];
  if (!Array.isArray(containers)) throw new TypeError("no list");
  return containers;
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
