import type { DeployWindow } from "../base/deploy_window.ts";
import type { ListenAddress } from "../base/listen_address.ts";
import type { CertificatePaths } from "../proxy/http/certificate_check.ts";
import type { AccessLogFormat, ProxySettings } from "../proxy/settings.ts";
import type { OptionsInEffect } from "./options_in_effect.ts";
import type { PortMapping } from "./container_ports.ts";
import type { DoctorRequest } from "./doctor/request.ts";
import type { OperatorRequest } from "./operator/request.ts";
import type { PlanRequest } from "./operator/run_plan.ts";
import type { LogFormat, LogLevel } from "../telemetry/logger.ts";
import type { SelfUpdateRequest } from "./self_update_request.ts";

/** How a new worker proves that it can take over. */
export type ReadyProof = "alive" | "notify";

/** Options that every deploying command has; times in milliseconds, sizes in bytes. */
export interface CommonSettings {
  readonly registryUrl: string;
  readonly intervalMs: number;
  /** Longest pause between polls of a failing registry; 0 turns the backoff off. */
  readonly pollBackoffMaxMs: number;
  readonly tickTimeoutMs: number;
  /** Run one tick and leave with its result. */
  readonly once: boolean;
  readonly cacheUrl: string | undefined;
  /** Hosts that the fetching isolate may reach besides those its URLs imply. */
  readonly fetchHosts: readonly string[];
  readonly notifierUrls: readonly string[];
  readonly slot: string;
  readonly calver: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly beforeDeployHook: string;
  readonly afterDeployHook: string;
  readonly hookTimeoutMs: number;
  readonly hookFailure: "continue" | "abort";
  readonly allowDowngrade: boolean;
  /** A version is deployed only when it was first seen so long ago; 0 for at once. */
  readonly cooldownMs: number;
  /** When deploys may start; always when empty. */
  readonly windows: readonly DeployWindow[];
  readonly requireChecksum: boolean;
  readonly maxArtifactBytes: number;
  readonly maxExpandedBytes: number;
  readonly maxEntries: number;
  readonly keepReleases: number;
  /** First port to try for the admin API. */
  readonly adminPort: number;
  /** Whether it was asked for, so that modes without one of their own open it too. */
  readonly adminPortGiven: boolean;
  /** Unix socket of the admin API, absolute or from the working directory. */
  readonly adminSocket: string | undefined;
  readonly adminTokenFile: string | undefined;
  readonly telemetry: boolean;
  readonly otlpEndpoint: string | undefined;
  readonly otlpInsecure: boolean;
}

/** Settings of `dewy assets`. */
export interface AssetsSettings extends CommonSettings {
  readonly command: "assets";
}

/** Settings of `dewy server`. */
export interface ServerSettings extends CommonSettings {
  readonly command: "server";
  /** What to listen on, duplicates removed and sorted; empty for a job worker. */
  readonly listen: readonly ListenAddress[];
  /** The program and its arguments. */
  readonly program: readonly [string, ...string[]];
  readonly ready: ReadyProof;
  /** Path that a new worker must answer with 2xx or 3xx; none when left out. */
  readonly healthPath: string | undefined;
  /** How long a new worker has for its proof. */
  readonly healthTimeoutMs: number;
  /** How long a new worker must stay alive when no other proof is asked for. */
  readonly confirmTimeMs: number;
  /** How long an old worker may take after SIGTERM before SIGKILL; 0 for ever. */
  readonly killDelayMs: number;
  /** How long dewy's own stop waits for the worker before SIGKILL. */
  readonly stopTimeoutMs: number;
}

/** Settings of `dewy container`. */
export interface ContainerSettings extends CommonSettings {
  readonly command: "container";
  /** The value of the label `dewy.app`, and what the names of containers begin with. */
  readonly app: string;
  readonly ports: readonly PortMapping[];
  readonly replicas: number;
  /** Words after the image; none leaves the image's own command. */
  readonly words: readonly string[];
  readonly healthPath: string | undefined;
  readonly healthTimeoutMs: number;
  readonly drainMs: number;
  readonly runtime: "docker" | "podman";
  /** What becomes of the containers when dewy stops. */
  readonly onExit: "stop" | "leave";
  readonly proxy: ProxyOptionsGiven;
  /** What stands after `--`. */
  readonly runWords: readonly string[];
}

/** Settings of the proxy in front of containers. */
export interface ProxyOptionsGiven
  extends Pick<ProxySettings, "limits" | "trustedProxies" | "proxyProtocol"> {
  /** Isolates; one for two cores when left out. */
  readonly workers: number | undefined;
  readonly accessLog: AccessLogFormat | undefined;
  readonly certificate: CertificatePaths | undefined;
}

/** Settings of `dewy init systemd`. */
export interface InitSettings {
  /** Name of the unit, without an ending. */
  readonly unit: string;
  readonly runAs: string | undefined;
  /** Whether the socket unit is asked for. */
  readonly socket: boolean;
  /** The command line that systemd is to run, without the program. */
  readonly words: readonly string[];
}

/** A command that deploys. */
interface ToDeploy<K extends string, S> {
  readonly kind: K;
  readonly settings: S;
  /** The options as they were given, or by default; secrets are not masked. */
  readonly effective: OptionsInEffect;
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help"; readonly topic: string | undefined }
  | { readonly kind: "version"; readonly logFormat: LogFormat }
  | { readonly kind: "completions"; readonly shell: "bash" | "zsh" | "fish" }
  | ToDeploy<"server", ServerSettings>
  | ToDeploy<"assets", AssetsSettings>
  | ToDeploy<"container", ContainerSettings>
  | { readonly kind: "container-list"; readonly adminPort: number }
  | { readonly kind: "doctor"; readonly request: DoctorRequest }
  | { readonly kind: "plan"; readonly request: PlanRequest }
  | { readonly kind: "operator"; readonly request: OperatorRequest }
  | { readonly kind: "init"; readonly settings: InitSettings }
  | { readonly kind: "self-update"; readonly request: SelfUpdateRequest };
