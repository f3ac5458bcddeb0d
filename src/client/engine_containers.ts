import type {
  Container,
  ContainerDetails,
  ContainerHealth,
  ContainerState,
  PortBinding,
} from "./engine_types.ts";

type Labels = Readonly<Record<string, string>>;

/** A container as `GET /containers/json` has it. */
export interface RawContainer {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly Image?: string;
  readonly ImageID?: string;
  /** Unix seconds. */
  readonly Created?: number;
  readonly State?: string;
  readonly Labels?: Labels | null;
  readonly Ports?: readonly RawPort[] | null;
}

interface RawPort {
  readonly IP?: string;
  readonly PrivatePort?: number;
  readonly PublicPort?: number;
  readonly Type?: string;
}

/** A container as `GET /containers/{id}/json` has it. */
export interface RawContainerDetails {
  readonly Id: string;
  readonly Name?: string;
  readonly Created?: string;
  /** Identifier of the image. */
  readonly Image?: string;
  readonly RestartCount?: number;
  readonly State?: {
    readonly Status?: string;
    readonly Pid?: number;
    readonly ExitCode?: number;
    readonly OOMKilled?: boolean;
    readonly Error?: string;
    readonly StartedAt?: string;
    readonly FinishedAt?: string;
    readonly Health?: { readonly Status?: string } | null;
  };
  readonly Config?: {
    readonly Image?: string;
    readonly Labels?: Labels | null;
    readonly Tty?: boolean;
  };
  readonly HostConfig?: {
    readonly RestartPolicy?: {
      readonly Name?: string;
      readonly MaximumRetryCount?: number;
    } | null;
  };
  readonly NetworkSettings?: {
    readonly Ports?:
      | Readonly<Record<string, readonly RawBinding[] | null>>
      | null;
  };
}

interface RawBinding {
  readonly HostIp?: string;
  readonly HostPort?: string;
}

/** Podman's states that Docker has not. */
const STATES: Readonly<Record<string, ContainerState>> = {
  created: "created",
  configured: "created",
  initialized: "created",
  running: "running",
  stopping: "running",
  paused: "paused",
  restarting: "restarting",
  removing: "removing",
  exited: "exited",
  stopped: "exited",
  dead: "dead",
};

/** Returns a container of a list. */
export function toContainer(raw: RawContainer): Container {
  const state = toState(raw.State);
  return {
    id: raw.Id,
    // Links of others to it are names with a second slash.
    name: (raw.Names ?? []).map(withoutSlash)
      .find((name) => !name.includes("/")) ?? "",
    image: raw.Image ?? "",
    imageId: toImageId(raw.ImageID),
    labels: raw.Labels ?? {},
    state,
    createdAt: (raw.Created ?? 0) * 1000,
    ports: openPorts(state, (raw.Ports ?? []).map(toBinding)),
  };
}

/** Returns a container in full. */
export function toContainerDetails(raw: RawContainerDetails): ContainerDetails {
  const { State: run = {}, Config: config = {} } = raw;
  const state = toState(run.Status);
  const createdAt = Date.parse(raw.Created ?? "");
  return {
    id: raw.Id,
    name: withoutSlash(raw.Name ?? ""),
    image: config.Image ?? "",
    imageId: toImageId(raw.Image),
    labels: config.Labels ?? {},
    state,
    createdAt: Number.isNaN(createdAt) ? 0 : createdAt,
    ports: openPorts(state, bindingsOf(raw.NetworkSettings?.Ports ?? {})),
    pid: run.Pid ?? 0,
    exitCode: run.ExitCode ?? 0,
    isOomKilled: run.OOMKilled ?? false,
    error: run.Error ?? "",
    startedAt: timeOf(run.StartedAt),
    finishedAt: timeOf(run.FinishedAt),
    restartCount: raw.RestartCount ?? 0,
    isRestarted: isRestarted(raw),
    health: toHealth(run.Health?.Status),
    hasTty: config.Tty ?? false,
  };
}

/** Returns what a health check says, in the words of either engine. */
export function toHealth(status: string | undefined): ContainerHealth {
  return status === "starting" || status === "healthy" ||
      status === "unhealthy"
    ? status
    : "none";
}

function isRestarted(
  { HostConfig: host, RestartCount: restarts = 0, State: run }:
    RawContainerDetails,
): boolean {
  const { Name: name = "", MaximumRetryCount: most = 0 } =
    host?.RestartPolicy ?? {};
  if (name === "always" || name === "unless-stopped") return true;
  return name === "on-failure" && (run?.ExitCode ?? 0) !== 0 &&
    (most === 0 || restarts < most);
}

function toState(state: string | undefined): ContainerState {
  // What is not known cannot be relied on.
  return STATES[state ?? ""] ?? "dead";
}

function toImageId(id: string | undefined): string {
  if (id === undefined || id === "") return "";
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id;
}

/** Podman lists the ports of containers that do not run as well. */
function openPorts(
  state: ContainerState,
  ports: readonly PortBinding[],
): readonly PortBinding[] {
  const isOpen = state === "running" || state === "paused";
  return isOpen ? ports.filter(({ hostPort }) => hostPort > 0) : [];
}

function toBinding(raw: RawPort): PortBinding {
  return {
    containerPort: raw.PrivatePort ?? 0,
    protocol: raw.Type ?? "tcp",
    hostIp: raw.IP ?? "",
    hostPort: raw.PublicPort ?? 0,
  };
}

function bindingsOf(
  ports: Readonly<Record<string, readonly RawBinding[] | null>>,
): PortBinding[] {
  return Object.entries(ports).flatMap(([spec, bindings]) => {
    const [port = "", protocol = "tcp"] = spec.split("/");
    return (bindings ?? []).map(({ HostIp = "", HostPort = "" }) => ({
      containerPort: Number(port),
      protocol,
      hostIp: HostIp,
      hostPort: Number(HostPort),
    }));
  });
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, "");
}

/** Go writes the year 1 for "never". */
function timeOf(time: string | undefined): string {
  return time === undefined || time.startsWith("0001-") ? "" : time;
}
