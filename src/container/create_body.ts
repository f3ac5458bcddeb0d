import type { Health, HostConfig, Mapping } from "./host_config.ts";
import type { RunOptions } from "./run_options.ts";

/**
 * What `POST /containers/create` of the Engine API (v1.41 and later) takes.
 * Written by hand and not imported from a client library: the one there is
 * brings 23 packages, two of which build native code, for these few fields.
 */
export interface CreateBody {
  Hostname?: string;
  Domainname?: string;
  User?: string;
  /** `NAME=value`; a `NAME` alone takes the image's variable away. */
  Env?: string[];
  Cmd?: string[];
  /** `[""]` takes the image's entry point away. */
  Entrypoint?: string[];
  Image?: string;
  Labels?: Mapping;
  /** `8080/tcp` and the like. */
  ExposedPorts?: Record<string, Record<never, never>>;
  /** Anonymous volumes, by path. */
  Volumes?: Record<string, Record<never, never>>;
  WorkingDir?: string;
  StopSignal?: string;
  /** Seconds. */
  StopTimeout?: number;
  Healthcheck?: Health;
  HostConfig?: HostConfig;
  NetworkingConfig?: { EndpointsConfig: Record<string, Endpoint> };
}

/** How a container is joined to one network. */
export interface Endpoint {
  Aliases?: string[];
  DriverOpts?: Mapping;
  GwPriority?: number;
}

/** What the container gets from dewy and not from the user's options. */
export interface CreateSettings {
  /** Reference or digest that the engine knows. */
  readonly image: string;
  /** Labels of dewy; the user's cannot clash, since those in `dewy.` are refused. */
  readonly labels: Readonly<Mapping>;
  /** Words after the image; none leaves the image's command. */
  readonly command: readonly string[];
  /** TCP ports of the container; each gets a free port of the loopback address. */
  readonly ports: readonly number[];
  /** `UID:GID`, unless the options name a user. */
  readonly user: string;
}

/**
 * Returns the whole body of the create request. It joins the first network
 * only: engines before v1.44 refuse more, so the caller connects the container
 * to `options.furtherNetworks` before the start.
 */
export function createBody(
  options: RunOptions,
  settings: CreateSettings,
): CreateBody {
  const own = options.body;
  const ports = settings.ports.map((port) => `${port}/tcp`);
  const bindings = ports.map((port) => [port, [LOOPBACK]]);
  return {
    ...own,
    Image: settings.image,
    User: own.User ?? settings.user,
    Labels: { ...own.Labels, ...settings.labels },
    ...(settings.command.length === 0 ? {} : { Cmd: [...settings.command] }),
    ExposedPorts: {
      ...own.ExposedPorts,
      ...Object.fromEntries(ports.map((port) => [port, {}])),
    },
    HostConfig: {
      // As the docker command does: podman reads a missing mode in another way.
      NetworkMode: "default",
      ...own.HostConfig,
      PortBindings: Object.fromEntries(bindings),
      PublishAllPorts: false,
    },
  };
}

/** An empty port lets the engine choose a free one. */
const LOOPBACK = { HostIp: "127.0.0.1", HostPort: "" };
