/**
 * Values that a container engine gives and takes.
 *
 * @module
 */

/** Container engines. */
export type EngineKind = "docker" | "podman";

/** Who answers, and in which version of the API. */
export interface EngineVersion {
  readonly kind: EngineKind;
  /** Version of the engine: `20.10.24`. */
  readonly version: string;
  /** Version of the API that is spoken: `1.41`. */
  readonly api: string;
}

/** What the engine tells of its host. */
export interface EngineInfo {
  /** Changes when the engine's storage is another one. */
  readonly id: string;
  readonly hostName: string;
  readonly storageDriver: string;
  readonly operatingSystem: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** An image that is on this host. */
export interface Image {
  /** `sha256:…` of its configuration. */
  readonly id: string;
  /** `repository:tag`. */
  readonly tags: readonly string[];
  /** `repository@sha256:…`. */
  readonly digests: readonly string[];
  /** Unix milliseconds of its build. */
  readonly createdAt: number;
  readonly sizeBytes: number;
}

/** An image, with what its containers begin with. */
export interface ImageDetails extends Image {
  /** `linux/amd64`. */
  readonly platform: string;
  /** `EXPOSE`d ports, as in `8080/tcp`, in the order of their numbers. */
  readonly exposedPorts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `USER`; empty for root. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** What a container is doing. */
export type ContainerState =
  | "created"
  | "running"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead";

/** A port of a container that the host listens for. */
export interface PortBinding {
  readonly containerPort: number;
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
}

/** A container as a list has it. */
export interface Container {
  readonly id: string;
  /** Without the slash that the API puts before it. */
  readonly name: string;
  /** The reference it was created from. */
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Ports that are open now: none while the container does not run. */
  readonly ports: readonly PortBinding[];
}

/** What the container's own health check says; `none` when it has none. */
export type ContainerHealth = "none" | "starting" | "healthy" | "unhealthy";

/** A container in full. */
export interface ContainerDetails extends Container {
  /** Process on the host; 0 when none runs. */
  readonly pid: number;
  /** Of the last run; 128 + signal when that ended it. */
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  /** Why the engine could not start it; empty otherwise. */
  readonly error: string;
  /** As the engine writes it, in RFC 3339; empty when it never ran. */
  readonly startedAt: string;
  /** As {@link ContainerDetails.startedAt}; empty while it runs for the first time. */
  readonly finishedAt: string;
  readonly restartCount: number;
  /** Whether the engine starts it again when it has ended as it has now. */
  readonly isRestarted: boolean;
  readonly health: ContainerHealth;
  readonly hasTty: boolean;
}

/** Who pulls: a user with a password, or the token that a login left. */
export type RegistryAuth =
  | {
    readonly username: string;
    readonly password: string;
    /** The registry it is for: `ghcr.io`. */
    readonly serverAddress: string;
  }
  | { readonly identityToken: string; readonly serverAddress: string };

/** A step of a pull. */
export interface PullProgress {
  /** The layer; empty when it is about the whole image. */
  readonly layer: string;
  /** `Downloading`, `Pull complete`, `Digest: sha256:…`. */
  readonly status: string;
  /** Bytes of this step; 0 when unknown. */
  readonly currentBytes: number;
  readonly totalBytes: number;
}

/** How an image is pulled. */
export interface PullOptions {
  readonly auth?: RegistryAuth;
  /** `linux/arm64`; that of the engine's host when left out. */
  readonly platform?: string;
  readonly onProgress?: (progress: PullProgress) => void;
}

/** The body of a create request: the engine's own names, of which only these matter here. */
export interface ContainerSpec {
  readonly Image?: string;
  /** `NAME=value`; values are taken for secrets and kept out of errors. */
  readonly Env?: readonly string[];
  /** Its options of log and volume drivers are taken for secrets, too. */
  readonly HostConfig?: object;
  /** `linux/arm64`; goes into the query, not into the body. */
  readonly platform?: string;
}

/** A container that was just made. */
export interface CreatedContainer {
  readonly id: string;
  /** What of its settings the engine cannot do on this host. */
  readonly warnings: readonly string[];
}

/** What kind of network it is. */
export interface NetworkDetails {
  /** `bridge`, `macvlan`. */
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Who joins a network. */
export interface NetworkMember {
  readonly containerId: string;
  /** The engine's `EndpointSettings`. */
  readonly endpoint: object;
}

/** Which containers are listed. */
export interface ContainerFilter {
  /** Labels they all have, with these values. */
  readonly labels: Readonly<Record<string, string>>;
  /** Those that do not run as well. @default false */
  readonly all?: boolean;
}

/** How a container is removed. */
export interface RemoveOptions {
  /** Kill it when it runs. @default false */
  readonly force?: boolean;
}

/** What can happen to a container. */
export type ContainerAction =
  | "create"
  | "start"
  | "die"
  | "oom"
  | "pause"
  | "unpause"
  | "rename"
  | "health"
  | "destroy";

/** Something that happened to a container. */
export interface ContainerEvent {
  readonly action: ContainerAction;
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of `die`; `undefined` for all else. */
  readonly exitCode: number | undefined;
  /** Of `health`; `none` for all else. */
  readonly health: ContainerHealth;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Which events come. */
export interface EventFilter {
  /** Labels their containers have, with these values. */
  readonly labels: Readonly<Record<string, string>>;
  /** Unix milliseconds: what happened from then on is told again. */
  readonly since?: number;
  /** Called once the engine has taken the subscription. */
  readonly onOpen?: () => void;
}
