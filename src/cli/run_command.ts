import type { EmitEvent } from "../base/event.ts";
import { createRedactor } from "../base/redact.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import type { ServerProcess } from "../process/server_process.ts";
import { logEvents } from "../telemetry/log_events.ts";
import { openLogger } from "../telemetry/logger.ts";
import { compose } from "./compose.ts";
import { privilegedPorts } from "./listen_spec.ts";
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
  const { env, write } = options;
  const { logLevel: level, logFormat: format } = settings;
  const redact = createRedactor(env);
  const logger = openLogger({ level, format, redact, write });
  const emit = logEvents(logger);
  let server: ServerProcess | undefined;
  using trap = new SignalTrap({ emit, server: () => server });
  emit({
    type: "started",
    command: settings.command,
    ...VERSION_INFO,
    commit: VERSION_INFO.commit.slice(0, 7),
  });
  for (const variable of unknownVariables(env)) {
    emit({ type: "unknown-variable", ...variable });
  }
  warn(settings, emit);
  {
    const root = Deno.cwd();
    const hostname = Deno.hostname();
    await using program = await compose({
      settings,
      root,
      env,
      emit,
      redact,
      hostname,
    });
    server = program.server;
    await program.supervisor.run(trap.signal);
  }
  emit({ type: "stopped" });
}

/** Says at the start what will not work as asked. */
function warn(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  emit: EmitEvent,
): void {
  const { notifierUrls, telemetry } = settings;
  if (notifierUrls.length > 0) {
    emit({
      type: "setting-unavailable",
      message:
        "--notifier: notifications are not available in this version; none will be sent",
    });
  }
  if (telemetry) {
    emit({
      type: "setting-unavailable",
      message:
        "--telemetry, --otlp-endpoint: metrics are not available in this version",
    });
  }
  if (settings.command !== "server") return;
  for (const port of privilegedPorts(settings.listen)) {
    emit({ type: "privileged-port", port });
  }
}
