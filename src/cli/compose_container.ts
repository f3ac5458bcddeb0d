import { join } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { parseImageRepository } from "../base/image_reference.ts";
import { systemClock } from "../base/time.ts";
import { Containers } from "../container/containers.ts";
import { createBody } from "../container/create_body.ts";
import { findEngine } from "../client/engine_address.ts";
import type { Engine } from "../container/engine.ts";
import { openEngine } from "../container/open_engine.ts";
import { refuseOpenNetworks } from "../container/open_networks.ts";
import {
  parseRunOptions,
  readEnvFiles,
  type RunOptions,
} from "../container/run_options.ts";
import { settingsHash } from "../container/settings_hash.ts";
import { watchEngine } from "../container/watch_engine.ts";
import { readCertificate } from "../proxy/http/certificate_file.ts";
import { Fleet, tableOf } from "../rollout/fleet.ts";
import { ContainerKeeper } from "../supervisor/container_keeper.ts";
import { adoptable } from "../supervisor/container_recover.ts";
import { tellStep } from "../supervisor/container_steps.ts";
import { ContainerTarget } from "../supervisor/container_target.ts";
import { asError, tryOrTell } from "../supervisor/try_or_tell.ts";
import { StateFile } from "../supervisor/state_file.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { hooksOf, openSource, type Program } from "./compose_parts.ts";
import { measureContainers } from "./compose_metrics.ts";
import {
  type FollowedOptions,
  openOperations,
  runningContainers,
} from "./compose_operations.ts";
import { openProxy } from "./compose_proxy.ts";
import { keepCertificate } from "./keep_certificate.ts";
import { pullAuth } from "./pull_auth.ts";
import type { ContainerSettings } from "./settings.ts";
import { lockWorkdir } from "./workdir_lock.ts";

/** What container mode is composed with. */
type ContainerOptions = FollowedOptions & {
  readonly settings: ContainerSettings;
};

/** Time of one look at the health of a container, milliseconds. */
const ATTEMPT_MS = 1_000;
/** Time from the stop signal of a container to its end, seconds; as the original has it. */
const STOP_SECONDS = 10;

/**
 * Builds container mode from its settings.
 *
 * @throws {ConfigError} When a setting is bad, or another dewy works in the same directory.
 * @throws {SourceError} When a port cannot be listened on, or the engine does not answer.
 */
export async function composeContainer(
  options: ContainerOptions,
): Promise<Program> {
  const { settings, root, emit, redact } = options;
  const run = await readRunOptions(settings, options);
  await using stack = new AsyncDisposableStack();
  const source = stack.use(await openSource(options));
  stack.use(await lockWorkdir(root));
  // The lock was the last use of native code.
  Deno.permissions.revokeSync({ name: "ffi" });
  const state = await StateFile.open(join(root, ".dewy"), { emit, redact });
  const engine = stack.use(await openEngine(options.env, settings.runtime));
  const { signal } = new AbortController();
  await engine.version(signal);
  await refuseOpenNetworks(engine, run, signal);
  const containers = openContainers(engine, run, options);
  const paths = settings.proxy.certificate;
  const certificate = paths === undefined
    ? undefined
    : await readCertificate(paths);
  // Whoever finds a port open finds those behind it that run already.
  const adopted = await adoptable({ containers, state }, signal);
  const table = tableOf(
    adopted.map(({ instance }) => ({ instance, state: "ready" })),
  );
  const proxy = await openProxy(settings, { certificate, table, emit });
  const { metrics } = options;
  const fleet = new Fleet(proxy);
  // In the reverse order: nobody is sent any more, what is in flight ends, and
  // only then containers are stopped.
  stack.defer(() => stopAll(containers, fleet, options));
  stack.defer(async () => void await proxy.close(settings.drainMs));
  if (paths !== undefined && certificate !== undefined) {
    stack.use(keepCertificate(paths, certificate, { proxy, emit }));
  }
  stack.use(measureContainers(metrics, { settings, state, proxy, containers }));
  const clock = systemClock;
  const rollOut = {
    runtime: containers,
    fleet,
    health: {
      path: settings.healthPath,
      attemptMs: ATTEMPT_MS,
      onLook: (sickness?: string) => metrics?.countHealthCheck(sickness),
    },
    replicas: settings.replicas,
    healthTimeoutMs: settings.healthTimeoutMs,
    drainMs: settings.drainMs,
    clock,
    tell: tellStep(emit),
  };
  const keeper = stack.use(
    new ContainerKeeper({
      containers,
      fleet,
      rollOut,
      clock,
      emit,
      watch: (onEvent, signal) =>
        watchEngine({
          engine,
          app: settings.app,
          clock,
          onEvent,
          onLost: (error) => emit({ type: "engine-lost", error }),
          onBack: () => emit({ type: "engine-back" }),
        }, signal),
    }),
  );
  const target = new ContainerTarget({
    containers,
    keeper,
    rollOut,
    state,
    clock,
    emit,
    keepImages: settings.keepReleases,
    ...hooksOf(options),
  });
  const supervisor = new Supervisor({
    command: "container",
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
    running: runningContainers(settings, { fleet, proxy }),
  });
  const owned = stack.move();
  const dispose = () => owned.disposeAsync();
  return {
    supervisor,
    server: undefined,
    operations,
    containers: (signal) => containers.own.entries(signal),
    [Symbol.asyncDispose]: dispose,
  };
}

function openContainers(
  engine: Engine,
  run: RunOptions,
  { settings, env }: ContainerOptions,
): Containers {
  const { app, ports: mappings, registryUrl, words, replicas } = settings;
  const user = `${Deno.uid() ?? 0}:${Deno.gid() ?? 0}`;
  const ports = mappings.map(({ proxy, container }) => ({ proxy, container }));
  const [url = ""] = registryUrl.replace(/^\s*img:\/\//i, "").split("?");
  const repository = parseImageRepository(url);
  if ("problem" in repository) {
    throw new ConfigError(
      `Cannot read the image's name: ${repository.problem}`,
    );
  }
  return new Containers({
    engine,
    repository,
    app,
    baseName: run.baseName ?? app,
    routes: ports,
    settingsHash: settingsHash(run, {
      words,
      user,
      replicas,
      ports: mappings.map(({ proxy, container }) => [proxy, container ?? null]),
    }),
    stopSeconds: run.body.StopTimeout ?? STOP_SECONDS,
    furtherNetworks: run.furtherNetworks,
    specOf: ({ image, labels, ports }) =>
      createBody(run, { image, labels, command: words, ports, user }),
    auth: pullAuth(registryUrl, repository.registry, env),
    platform: run.platform,
    clock: systemClock,
  });
}

async function readRunOptions(
  { runWords, runtime: kind }: ContainerSettings,
  { root, env }: Pick<ContainerOptions, "root" | "env">,
): Promise<RunOptions> {
  const lookUp = (name: string) => env[name];
  const engine = await findEngine({ kind, env, uid: Deno.uid() ?? 0 });
  const parsed = parseRunOptions(runWords, {
    env: lookUp,
    workdir: root,
    engineSocket: engine.path,
  });
  return await readEnvFiles(parsed, { env: lookUp, readFile: Deno.readFile });
}

/** Stops what is in service, all at once, and then whatever else of it is there, such as what a deploy that was called off left. */
async function stopAll(
  containers: Containers,
  fleet: Fleet,
  { settings, emit }: ContainerOptions,
): Promise<void> {
  if (settings.onExit === "leave") return;
  const never = new AbortController().signal;
  await Promise.all(fleet.members.map(async ({ instance }) => {
    const { name } = instance;
    try {
      await containers.stop(instance, never);
      emit({ type: "container-retired", name, cut: 0 });
    } catch (error) {
      emit({ type: "container-left-behind", name, error: asError(error) });
    }
  }));
  await tryOrTell("containers", async () => {
    const names = await containers.own.reap(new Set(), never);
    if (names.length > 0) emit({ type: "containers-reaped", names });
  }, emit);
}
