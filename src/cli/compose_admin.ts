import { AdminServer } from "../admin/admin_server.ts";
import { EventHub } from "../admin/event_hub.ts";
import { systemClock } from "../base/time.ts";
import type { ComposeOptions, Program } from "./compose_parts.ts";
import { type OptionsInEffect, shownOptions } from "./options_in_effect.ts";

/** What {@link openAdmin} works with. */
export interface AdminParts extends ComposeOptions {
  readonly program: Pick<Program, "operations" | "containers">;
  /** The options as they were given, or by default. */
  readonly effective: OptionsInEffect;
  readonly events: EventHub;
}

/** Keeps the last events for those who follow them. */
export function openEvents(
  { redact }: Pick<ComposeOptions, "redact">,
): EventHub {
  return new EventHub({ redact, now: systemClock.now });
}

/**
 * Opens the admin API: the Unix socket, and a port of the loopback address,
 * which has to be there in container mode, with telemetry, and where one or a
 * token was given.
 *
 * @throws {ConfigError} When the token cannot be used.
 * @throws {SourceError} When no port is free that has to be there.
 */
export function openAdmin(parts: AdminParts): Promise<AdminServer> {
  const { settings, root, env, emit, metrics, program } = parts;
  const { containers, operations } = program;
  return AdminServer.start({
    operations,
    ...(containers === undefined ? {} : { containers }),
    ...(metrics === undefined ? {} : { metrics: () => metrics.answer() }),
    config: shownOptions(parts.effective, parts.redact),
    events: parts.events,
    emit,
    root,
    socket: settings.adminSocket,
    tokenFile: settings.adminTokenFile,
    token: env["DEWY_ADMIN_TOKEN"],
    firstPort: settings.adminPort,
    isPortWanted: settings.command === "container" || settings.telemetry ||
      settings.adminPortGiven,
  });
}
