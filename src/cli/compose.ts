import { join } from "node:path";
import type { EmitEvent } from "../base/event.ts";
import type { Redact } from "../base/redact.ts";
import { platformOf } from "../base/platform.ts";
import { systemClock } from "../base/time.ts";
import { Fetcher, type FetcherOptions } from "../fetcher/fetcher.ts";
import type { LocalSource } from "../fetcher/local_source.ts";
import {
  isLocal,
  isolateEnv,
  isolatePermissions,
} from "../fetcher/isolate_permissions.ts";
import { openLibc } from "../process/libc.ts";
import { SocketOpener } from "../process/listen_sockets.ts";
import { NotifySocket } from "../process/notify_socket.ts";
import { WorkerLedger } from "../process/orphans.ts";
import { ServerProcess } from "../process/server_process.ts";
import { ReleaseStore } from "../release/release_store.ts";
import type { HookDeps } from "../supervisor/deploy_hook.ts";
import { FilesTarget } from "../supervisor/files_target.ts";
import { StateFile } from "../supervisor/state_file.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { credentialSource, refuseImages } from "./image_registry.ts";
import type { AssetsSettings, ServerSettings } from "./settings.ts";
import { lockWorkdir } from "./workdir_lock.ts";

/** What the program is composed with. */
export interface ComposeOptions {
  readonly settings: ServerSettings | AssetsSettings;
  /** Working directory, absolute. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly emit: EmitEvent;
  readonly redact: Redact;
}

/** The composed program; disposing it stops the application and gives up what it holds. */
export interface Program extends AsyncDisposable {
  readonly supervisor: Supervisor;
  /** Left out in assets mode. */
  readonly server: ServerProcess | undefined;
}

/** No release has folders nested deeper than this. */
const MAX_DEPTH = 64;

/**
 * Builds the program from its settings. It is the only place that constructs.
 *
 * @throws {ConfigError} When a URL is bad, or another dewy works in the same directory.
 * @throws {SourceError} When an address cannot be listened on.
 */
export async function compose(options: ComposeOptions): Promise<Program> {
  const { settings, root, emit, redact } = options;
  refuseImages(settings.command, settings.registryUrl);
  await using stack = new AsyncDisposableStack();
  const source = stack.use(await openSource(options));
  stack.use(await lockWorkdir(root));
  const state = await StateFile.open(join(root, ".dewy"), { emit, redact });
  const server = settings.command === "server"
    ? stack.use(await openServer(settings, options))
    : undefined;
  const clock = systemClock;
  const { command } = settings;
  const target = new FilesTarget({
    command,
    cache: source.cache,
    source,
    state,
    clock,
    emit,
    releases: new ReleaseStore({
      root,
      limits: limitsOf(settings),
      unpack: (...args) => source.unpack(...args),
      now: clock.now,
    }),
    application: server,
    maxArtifactBytes: settings.maxArtifactBytes,
    requireChecksum: settings.requireChecksum,
    ignoreFailures: settings.once,
    keepReleases: settings.keepReleases,
    ...hooksOf(options),
  });
  const supervisor = new Supervisor({
    command,
    registry: source,
    target,
    state,
    clock,
    emit,
    host: options.hostname.toLowerCase(),
    settings,
  });
  const owned = stack.move();
  const dispose = () => owned.disposeAsync();
  return { supervisor, server, [Symbol.asyncDispose]: dispose };
}

function hooksOf(
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
async function openSource(
  { settings, root, env, hostname, emit }: ComposeOptions,
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

async function openServer(
  settings: ServerSettings,
  { root, env, emit }: ComposeOptions,
): Promise<ServerProcess> {
  const folder = join(root, ".dewy");
  await NotifySocket.removeLeftovers(folder);
  const ledger = new WorkerLedger(folder);
  // Workers of a dewy that was killed may still hold the ports.
  await ledger.endOrphans(emit);
  const { listen, healthPath } = settings;
  const libc = openLibc();
  // What was opened goes on working; nothing else may load native code from here on.
  Deno.permissions.revokeSync({ name: "ffi" });
  const opener = new SocketOpener(libc);
  const sockets = await opener.openAll(listen);
  return new ServerProcess({
    program: settings.program,
    cwd: root,
    folder,
    env,
    libc,
    opener,
    sockets,
    ledger,
    emit,
    ready: {
      notify: settings.ready === "notify",
      healthPath,
      timeoutMs: settings.healthTimeoutMs,
      confirmTimeMs: settings.confirmTimeMs,
    },
    killOldDelayMs: killOldDelayMs(env),
    killDelayMs: settings.killDelayMs,
    stopTimeoutMs: settings.stopTimeoutMs,
  });
}

/** `KILL_OLD_DELAY` in seconds, as server-starter reads it; 5 s when only `ENABLE_AUTO_RESTART` is set. */
function killOldDelayMs(env: Readonly<Record<string, string>>): number {
  const seconds = Number(env["KILL_OLD_DELAY"] ?? "");
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  const autoRestart = env["ENABLE_AUTO_RESTART"] ?? "";
  return autoRestart === "" || autoRestart === "0" ? 0 : 5_000;
}

function limitsOf(
  { maxExpandedBytes, maxEntries }: ServerSettings | AssetsSettings,
) {
  return {
    maxBytes: maxExpandedBytes,
    maxFileBytes: maxExpandedBytes,
    maxEntries,
    maxDepth: MAX_DEPTH,
  };
}
