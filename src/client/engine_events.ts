import { toHealth } from "./engine_containers.ts";
import { parseAnswer } from "./engine_lines.ts";
import type {
  ContainerAction,
  ContainerEvent,
  EventFilter,
} from "./engine_types.ts";

interface RawEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: {
    readonly ID?: string;
    readonly Attributes?: Readonly<Record<string, string>> | null;
  };
  /** Unix seconds. */
  readonly time?: number;
  readonly timeNano?: number;
}

/** By the names of both engines: Podman filters by its own and reports some of Docker's. */
const ACTIONS: Readonly<Record<string, ContainerAction>> = {
  create: "create",
  start: "start",
  die: "die",
  died: "die",
  oom: "oom",
  pause: "pause",
  unpause: "unpause",
  rename: "rename",
  "health_status": "health",
  destroy: "destroy",
  remove: "destroy",
};

/**
 * Returns the query of a subscription. Only what dewy acts on is subscribed to:
 * other events, as those of `exec`, hold command lines.
 */
export function eventQuery(
  { labels, since }: EventFilter,
): Record<string, string> {
  const filters = {
    type: ["container"],
    event: Object.keys(ACTIONS),
    label: labelFilters(labels),
  };
  return {
    filters: JSON.stringify(filters),
    ...(since === undefined ? {} : { since: (since / 1000).toFixed(3) }),
  };
}

/** Returns labels as filters have them; what is empty must be left out. */
export function labelFilters(
  labels: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

/** Returns the event in a line, or `undefined` when it is none that was asked for. */
export function parseEvent(
  line: string,
  what: string,
): ContainerEvent | undefined {
  const raw = parseAnswer<RawEvent>(line, what);
  // A health event names its outcome: `health_status: healthy`.
  const [name = "", status = ""] = (raw.Action ?? "").split(": ", 2);
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const id = raw.Actor?.ID ?? "";
  if (raw.Type !== "container" || action === undefined || id === "") {
    return undefined;
  }
  const { name: container = "", exitCode, ...labels } = raw.Actor?.Attributes ??
    {};
  const at = raw.timeNano === undefined
    ? (raw.time ?? 0) * 1000
    : raw.timeNano / 1e6;
  const health = status || labels["health_status"];
  return {
    action,
    id,
    name: container,
    labels,
    exitCode: action === "die" ? Number(exitCode ?? 0) : undefined,
    health: action === "health" ? toHealth(health) : "none",
    at,
  };
}
