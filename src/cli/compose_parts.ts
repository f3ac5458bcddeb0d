import type { ContainerEntry } from "../admin/original.ts";
import type { EmitEvent } from "../base/event.ts";
import { platformOf } from "../base/platform.ts";
import type { Redact } from "../base/redact.ts";
import { Fetcher, type FetcherOptions } from "../fetcher/fetcher.ts";
import {
  isLocal,
  isolateEnv,
  isolatePermissions,
} from "../fetcher/isolate_permissions.ts";
import type { LocalSource } from "../fetcher/local_source.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ServerProcess } from "../process/server_process.ts";
import type { HookDeps } from "../supervisor/deploy_hook.ts";
import type { Operations } from "../supervisor/operations.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { credentialSource } from "./image_registry.ts";
import type {
  AssetsSettings,
  ContainerSettings,
  ServerSettings,
} from "./settings.ts";

/** What the program is composed with. */
export interface ComposeOptions {
  readonly settings: ServerSettings | AssetsSettings | ContainerSettings;
  /** Working directory, absolute. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hostname: string;
  /** Listening sockets that dewy was started with, as descriptors 3, 4, …. */
  readonly inheritedSockets: number;
  readonly emit: EmitEvent;
  readonly redact: Redact;
  /** Left out without telemetry. */
  readonly metrics: Metrics | undefined;
}

/** What {@link openSource} needs of it. */
export type SourceOptions = Pick<
  ComposeOptions,
  "settings" | "root" | "env" | "hostname" | "emit"
>;

/** The composed program; disposing it stops the application and gives up what it holds. */
export interface Program extends AsyncDisposable {
  readonly supervisor: Supervisor;
  /** In server mode only. */
  readonly server: ServerProcess | undefined;
  /** What an operator can ask of it. */
  readonly operations: Operations;
  /** In container mode only: the containers that run, as the engine has them. */
  readonly containers?: (
    signal: AbortSignal,
  ) => Promise<readonly ContainerEntry[]>;
}

/** What runs the commands around a deploy. */
export function hooksOf(
  { settings, root, env }: ComposeOptions,
): Pick<HookDeps, "hooks" | "runHook"> {
  return {
    hooks: {
      before: settings.beforeDeployHook,
      after: settings.afterDeployHook,
      timeoutMs: settings.hookTimeoutMs,
      abortOnFailure: settings.hookFailure === "abort",
      cwd: root,
      env,
    },
    // Loaded with the first hook: most hosts have none.
    runHook: async (options) => {
      const { runHook } = await import("../process/hook.ts");
      return await runHook(options);
    },
  };
}

/** Opens what reads the registry, in an isolate with the permissions that its URLs imply. */
export async function openSource(
  { settings, root, env, hostname, emit }: SourceOptions,
): Promise<Fetcher | LocalSource> {
  const { registryUrl, cacheUrl, slot, calver } = settings;
  const { maxArtifactBytes, requireChecksum, fetchHosts: hosts } = settings;
  if (hosts.length > 0) emit({ type: "fetch-widened", hosts });
  const place = { registryUrl, cacheUrl, cwd: root, env };
  const options: FetcherOptions = {
    settings: {
      ...place,
      slot,
      calver,
      maxArtifactBytes,
      requireChecksum,
      platform: platformOf(Deno.build.os, Deno.build.arch),
      node: `${hostname || "unknown-host"}:${Deno.pid}`,
      env: isolateEnv(place),
    },
    permissions: isolatePermissions({ ...place, hosts }),
    findCredentials: credentialSource(registryUrl, env),
    emit,
  };
  if (!isLocal(place)) return await Fetcher.open(options);
  const { LocalSource } = await import("../fetcher/local_source.ts");
  return await LocalSource.open(options);
}
