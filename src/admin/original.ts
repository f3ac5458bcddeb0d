import type { Operations, Status } from "../supervisor/operations.ts";
import type { AdminReply } from "./message.ts";
import { textReply } from "./replies.ts";

/** One container, as `GET /api/containers` has it; names and forms are the original's. */
export interface ContainerEntry {
  readonly id: string;
  readonly name: string;
  /** `ghcr.io/acme/web:v1.2.3`. */
  readonly image: string;
  readonly status: string;
  /** `127.0.0.1:49152`; empty when no port is published. */
  readonly "ip_port": string;
  /** RFC 3339. */
  readonly "started_at": string;
  readonly "deployed_at": string;
  readonly labels: Readonly<Record<string, string>>;
}

const COMMANDS = { server: 0, assets: 1, container: 2 } as const;

/** What `GET /api/containers` answers: `null` where there are no containers to be had. */
export async function containersReply(
  list:
    | ((signal: AbortSignal) => Promise<readonly ContainerEntry[]>)
    | undefined,
  signal: AbortSignal,
): Promise<AdminReply> {
  try {
    const containers = await list?.(signal);
    return originalReply({ containers: containers?.map(sorted) ?? null });
  } catch {
    // The engine's trouble is told in the log; a client can do nothing with it.
    return textReply(500, "Internal server error");
  }
}

/** What `GET /api/status` answers, keys in the order of the alphabet, as the original writes them. */
export async function originalStatusReply(
  operations: Pick<Operations, "status">,
  signal: AbortSignal,
): Promise<AdminReply> {
  try {
    return originalReply(originalStatus(await operations.status(signal)));
  } catch {
    // As the original: it has no words for it.
    return textReply(500, "Internal server error");
  }
}

/** Go's encoder sorts the keys of a map. */
function sorted(entry: ContainerEntry): ContainerEntry {
  const labels = Object.entries(entry.labels)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return { ...entry, labels: Object.fromEntries(labels) };
}

/** JSON as Go's encoder writes it: safe within HTML, too (encoding/json, HTMLEscape). */
function originalReply(value: unknown): AdminReply {
  const text = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const headers = { "content-type": "application/json" };
  return { status: 200, headers, body: `${text}\n` };
}

function originalStatus(status: Status) {
  const { command, current, program, app, ports } = status;
  const backends = ports.flatMap((port) => port.backends);
  return {
    command: COMMANDS[command],
    current_version: current?.version ?? "",
    is_running: program?.running ?? false,
    name: app,
    // Those that are drained have left the original's table already.
    proxy_backends: backends.filter(({ state }) => state !== "draining").length,
  };
}
