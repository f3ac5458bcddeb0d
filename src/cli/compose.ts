import { join } from "node:path";
import { systemClock } from "../base/time.ts";
import { openLibc } from "../process/libc.ts";
import { SocketOpener } from "../process/listen_sockets.ts";
import { NotifySocket } from "../process/notify_socket.ts";
import { WorkerLedger } from "../process/orphans.ts";
import { ServerProcess } from "../process/server_process.ts";
import { ReleaseStore } from "../release/release_store.ts";
import { FilesTarget } from "../supervisor/files_target.ts";
import { StateFile } from "../supervisor/state_file.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { refuseImages } from "./image_registry.ts";
import {
  type ComposeOptions,
  hooksOf,
  openSource,
  type Program,
} from "./compose_parts.ts";
import { stateReading } from "./compose_metrics.ts";
import {
  type FollowedOptions,
  followProgress,
  openOperations,
} from "./compose_operations.ts";
import type { AssetsSettings, ServerSettings } from "./settings.ts";
import { lockWorkdir } from "./workdir_lock.ts";

/** What server and assets mode are composed with. */
type FilesOptions = FollowedOptions & {
  readonly settings: ServerSettings | AssetsSettings;
};

/** No release has folders nested deeper than this. */
const MAX_DEPTH = 64;

/**
 * Builds the program from its settings. It is the only place that constructs.
 *
 * @throws {ConfigError} When a URL is bad, or another dewy works in the same directory.
 * @throws {SourceError} When an address cannot be listened on.
 */
export async function compose(given: ComposeOptions): Promise<Program> {
  const options = followProgress(given);
  const { settings } = options;
  if (settings.command !== "container") {
    return await composeFiles({ ...options, settings });
  }
  // Loaded when it is asked for: the other modes have no use for all of it.
  const { composeContainer } = await import("./compose_container.ts");
  return await composeContainer({ ...options, settings });
}

async function composeFiles(options: FilesOptions): Promise<Program> {
  const { settings, root, emit, redact } = options;
  refuseImages(settings.command, settings.registryUrl);
  await using stack = new AsyncDisposableStack();
  const source = stack.use(await openSource(options));
  stack.use(await lockWorkdir(root));
  const state = await StateFile.open(join(root, ".dewy"), { emit, redact });
  const server = settings.command === "server"
    ? stack.use(await openServer(settings, options))
    : undefined;
  options.metrics?.observeState(() => stateReading(state.value));
  if (server !== undefined) {
    options.metrics?.observeServer(() => server.pid !== undefined);
  }
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
  const operations = openOperations(options, {
    supervisor,
    state,
    rules: source.rules,
    running: server === undefined ? {} : { program: () => server },
  });
  const owned = stack.move();
  const dispose = () => owned.disposeAsync();
  return { supervisor, server, operations, [Symbol.asyncDispose]: dispose };
}

async function openServer(
  settings: ServerSettings,
  { root, env, emit, inheritedSockets }: ComposeOptions,
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
  const sockets = await opener.openAll(listen, inheritedSockets);
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
