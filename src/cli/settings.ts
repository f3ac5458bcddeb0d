import type { ListenAddress } from "../base/listen_address.ts";
import type { LogFormat, LogLevel } from "../telemetry/logger.ts";

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
  readonly requireChecksum: boolean;
  readonly maxArtifactBytes: number;
  readonly maxExpandedBytes: number;
  readonly maxEntries: number;
  readonly keepReleases: number;
  readonly adminPort: number;
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

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help"; readonly topic: string | undefined }
  | { readonly kind: "version"; readonly logFormat: LogFormat }
  | { readonly kind: "completions"; readonly shell: "bash" | "zsh" | "fish" }
  | { readonly kind: "server"; readonly settings: ServerSettings }
  | { readonly kind: "assets"; readonly settings: AssetsSettings };
