import type { EmitEvent } from "../base/event.ts";
import { SourceError } from "../base/errors.ts";
import { createRedactor } from "../base/redact.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import type { Notifications } from "../notify/notifications.ts";
import { inheritedCount } from "../process/inherited_sockets.ts";
import type { ServerProcess } from "../process/server_process.ts";
import {
  ServiceManager,
  withoutServiceManager,
} from "../process/service_manager.ts";
import { serviceStatus } from "../process/service_status.ts";
import { logEvents } from "../telemetry/log_events.ts";
import { openLogger } from "../telemetry/logger.ts";
import { openAdmin, openEvents } from "./compose_admin.ts";
import { compose } from "./compose.ts";
import { openMetrics } from "./compose_metrics.ts";
import type { NotifyOptions } from "./compose_notify.ts";
import type { ComposeOptions } from "./compose_parts.ts";
import { privilegedPorts } from "./listen_spec.ts";
import { notifierSecrets } from "./notifier_secrets.ts";
import type { OptionsInEffect } from "./options_in_effect.ts";
import type {
  AssetsSettings,
  ContainerSettings,
  ServerSettings,
} from "./settings.ts";
import { SignalTrap } from "./signals.ts";
import { unknownVariables } from "./unknown_variables.ts";

/** What a command runs with. */
export interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The options as they were given, or by default. */
  readonly effective: OptionsInEffect;
  /** Takes log lines. */
  readonly write: (text: string) => void;
}

/**
 * Runs a deploying command until a signal ends it, or for one tick.
 *
 * @throws {DewyError} When it cannot start, or the one tick failed.
 */
export async function runCommand(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  options: RunOptions,
): Promise<void> {
  const { write } = options;
  const env = withoutServiceManager(options.env);
  const { logLevel: level, logFormat: format, notifierUrls } = settings;
  const redact = createRedactor({ ...env, ...notifierSecrets(notifierUrls) });
  const logger = openLogger({ level, format, redact, write });
  const readers: EmitEvent[] = [logEvents(logger)];
  const emit: EmitEvent = (event) => {
    for (const read of readers) read(event);
  };
  using manager = openServiceManager(options.env, emit);
  if (manager !== undefined) {
    readers.push((event) => manager.report(serviceStatus(event).map(redact)));
  }
  {
    await using notifications = await openNotifiers(settings, {
      env,
      emit,
      redact,
    });
    if (notifications !== undefined) readers.push(notifications.take);
    const inheritedSockets = inheritedCount(options.env, Deno.pid);
    await runOrTell(settings, {
      env,
      emit,
      redact,
      readers,
      inheritedSockets,
      effective: options.effective,
      notifiers: notifications?.names ?? [],
      begin: async () => await notifications?.begin(),
    });
  }
  emit({ type: "stopped" });
}

/** What the program runs with, besides its settings. */
interface ProgramOptions
  extends Pick<ComposeOptions, "env" | "emit" | "redact" | "inheritedSockets"> {
  readonly effective: OptionsInEffect;
  /** Those who hear of events. */
  readonly readers: EmitEvent[];
  /** Names of those who are told. */
  readonly notifiers: readonly string[];
  /** Called when all is set up. */
  readonly begin: () => Promise<void>;
}

/** Tells with what error dewy cannot start. */
async function runOrTell(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  options: ProgramOptions,
): Promise<void> {
  let hasBegun = false;
  const begin = async () => {
    hasBegun = true;
    await options.begin();
  };
  try {
    await runProgram(settings, { ...options, begin });
  } catch (error) {
    if (!hasBegun && error instanceof Error) {
      options.emit({ type: "start-failed", error });
    }
    throw error;
  }
}

async function runProgram(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  options: ProgramOptions,
): Promise<void> {
  const { env, emit, redact, readers, inheritedSockets, begin } = options;
  const events = openEvents(options);
  readers.push((event) => events.take(event));
  let server: ServerProcess | undefined = undefined;
  using trap = new SignalTrap({ emit, server: () => server });
  tellStart(settings, options);
  const root = Deno.cwd();
  const hostname = Deno.hostname();
  await using metrics = await openMetrics(settings, { env, emit });
  if (metrics !== undefined) readers.push((event) => metrics.count(event));
  for (const name of options.notifiers) metrics?.expectNotifier(name);
  const parts = {
    settings,
    root,
    env,
    emit,
    redact,
    hostname,
    inheritedSockets,
    metrics,
  };
  await using program = await compose(parts);
  const { effective } = options;
  const admin = { ...parts, program, effective, events };
  await using _admin = await openAdmin(admin);
  server = program.server;
  await begin();
  try {
    await program.supervisor.run(trap.signal);
  } catch (error) {
    if (error instanceof Error) emit({ type: "ended-by-error", error });
    throw error;
  }
}

/** Loaded when someone is to be told. */
async function openNotifiers(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  options: NotifyOptions,
): Promise<Notifications | undefined> {
  if (settings.notifierUrls.length === 0) return undefined;
  const { openNotifications } = await import("./compose_notify.ts");
  return await openNotifications(settings, options);
}

/** One that cannot be reached costs its messages, not the start. */
function openServiceManager(
  env: RunOptions["env"],
  emit: EmitEvent,
): ServiceManager | undefined {
  try {
    return ServiceManager.open({ env, pid: Deno.pid });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const message = [error.message, error.hint].join(". ");
    emit({ type: "setting-unavailable", message });
    return undefined;
  }
}

function tellStart(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  options: ProgramOptions,
): void {
  const { env, emit } = options;
  emit({
    type: "started",
    command: settings.command,
    ...VERSION_INFO,
    commit: VERSION_INFO.commit.slice(0, 7),
  });
  for (const variable of unknownVariables(env)) {
    emit({ type: "unknown-variable", ...variable });
  }
  warn(settings, options);
}

/** Says at the start what will not work as asked. */
function warn(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  { emit, inheritedSockets }: Pick<ProgramOptions, "emit" | "inheritedSockets">,
): void {
  if (settings.command === "server") {
    for (const port of privilegedPorts(settings.listen)) {
      emit({ type: "privileged-port", port });
    }
  } else if (inheritedSockets > 0) {
    const message =
      `LISTEN_FDS: dewy ${settings.command} takes no sockets from a service manager; remove the socket unit`;
    emit({ type: "setting-unavailable", message });
  }
}
