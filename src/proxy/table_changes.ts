import type { ProxyEvent } from "../base/event_proxy.ts";
import type { Backend, BackendTable } from "./backend.ts";

type Change = Extract<
  ProxyEvent,
  { type: "backend-added" | "backend-removed" }
>;

/** Returns which backends get work with `after` that got none before, and the reverse. */
export function changesOf(before: BackendTable, after: BackendTable): Change[] {
  const ports = new Set([...before.keys(), ...after.keys()]);
  return [...ports].flatMap((port) => {
    const old = readyOf(before, port);
    const now = readyOf(after, port);
    const total = now.size;
    const change = (type: Change["type"]) => (backend: Backend): Change => {
      const { hostname: host, port: at } = backend;
      return { type, port, backend: { host, port: at }, total };
    };
    return [
      ...missing(now, old).map(change("backend-added")),
      ...missing(old, now).map(change("backend-removed")),
    ];
  });
}

function readyOf(table: BackendTable, port: number): Map<string, Backend> {
  const ready = (table.get(port) ?? []).filter(({ state }) =>
    state === "ready"
  );
  return new Map(ready.map((backend) => [backend.id, backend]));
}

function missing(
  of: ReadonlyMap<string, Backend>,
  from: ReadonlyMap<string, Backend>,
): Backend[] {
  return [...of.values()].filter(({ id }) => !from.has(id));
}
