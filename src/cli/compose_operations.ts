import { systemClock } from "../base/time.ts";
import type { VersionRules } from "../base/release.ts";
import { describeUrl } from "../base/url.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import type { Proxy } from "../proxy/proxy.ts";
import type { Fleet } from "../rollout/fleet.ts";
import type { Running } from "../supervisor/describe_status.ts";
import { Operator } from "../supervisor/operator.ts";
import type { Operations } from "../supervisor/operations.ts";
import { Progress } from "../supervisor/progress.ts";
import type { StateFile } from "../supervisor/state_file.ts";
import type { PortStatus, ReplicaStatus } from "../supervisor/status.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { ComposeOptions } from "./compose_parts.ts";
import { appName } from "./container_settings.ts";
import type { ContainerSettings } from "./settings.ts";

/** What a mode is composed with when its events are followed. */
export interface FollowedOptions extends ComposeOptions {
  readonly progress: Progress;
}

/** Returns `options` with events that are followed, and what follows them. */
export function followProgress(options: ComposeOptions): FollowedOptions {
  const { settings, emit } = options;
  const hooks = {
    before: settings.beforeDeployHook !== "",
    after: settings.afterDeployHook !== "",
  };
  const progress = new Progress(hooks, systemClock.now);
  return {
    ...options,
    progress,
    emit: (event) => {
      progress.take(event);
      emit(event);
    },
  };
}

/** What {@link openOperations} works with. */
export interface OperationsParts {
  readonly supervisor: Supervisor;
  readonly state: StateFile;
  readonly rules: VersionRules;
  readonly running: Running;
}

/** Returns what an operator can ask of this dewy. */
export function openOperations(
  { settings, hostname, progress }: FollowedOptions,
  parts: OperationsParts,
): Operations {
  const { command, registryUrl } = settings;
  const clock = systemClock;
  return new Operator({
    ...parts,
    progress,
    clock,
    facts: {
      command,
      app: command === "container" ? settings.app : appName(registryUrl),
      host: hostname.toLowerCase(),
      version: VERSION_INFO.version,
      pid: Deno.pid,
      startedAt: clock.now(),
      registryUrl: describeUrl(registryUrl),
    },
  });
}

/** Returns what runs in container mode. */
export function runningContainers(
  { ports }: ContainerSettings,
  { fleet, proxy }: {
    readonly fleet: Fleet;
    readonly proxy: Pick<Proxy, "snapshot" | "inFlight" | "taken">;
  },
): Running {
  return {
    replicas: () => replicasOf(fleet, proxy),
    ports: () => {
      const snapshots = proxy.snapshot();
      return ports.map(({ proxy: port, protocol }): PortStatus => {
        const snapshot = snapshots.get(port);
        const failures = Object.values(snapshot?.failures ?? {});
        return {
          port,
          protocol,
          connections: snapshot?.active ?? 0,
          connectionsTotal: snapshot?.connections ?? 0,
          requestsTotal: protocol === "http"
            ? snapshot?.requests ?? 0
            : undefined,
          errorsTotal: failures.reduce((sum, count) => sum + count, 0),
          backends: backendsOf(port, fleet, proxy),
        };
      });
    },
  };
}

function backendsOf(
  port: number,
  { members }: Fleet,
  proxy: Pick<Proxy, "inFlight">,
): PortStatus["backends"] {
  return members.flatMap(({ instance, state }) => {
    const address = instance.addresses.get(port);
    if (address === undefined) return [];
    const { hostname, port: at } = address;
    const inFlight = proxy.inFlight(instance.id);
    return [{ address: `${hostname}:${at}`, state, inFlight }];
  });
}

function replicasOf(
  { members }: Fleet,
  proxy: Pick<Proxy, "inFlight" | "taken">,
): readonly ReplicaStatus[] {
  return members.map(({ instance, state }) => {
    const { id, name, tag: version, addresses } = instance;
    const [first] = addresses.values();
    return {
      name,
      version,
      address: first === undefined ? "" : `${first.hostname}:${first.port}`,
      healthy: state === "ready",
      inFlight: proxy.inFlight(id),
      requestsTotal: proxy.taken(id),
      since: startedAt(name),
    };
  });
}

/** The name of a container holds the second of its start: `web-1736937045-0`. */
function startedAt(name: string): number {
  const [, seconds = "0"] = /-(\d+)-\d+$/.exec(name) ?? [];
  return Number(seconds) * 1000;
}
