import { ConfigError } from "../base/errors.ts";
import type { Command, InitSettings } from "./settings.ts";
import { serviceUnit, socketUnit } from "./systemd_unit.ts";

/** What the host says of dewy. */
export interface InitHost {
  /** Path of the dewy program. */
  readonly program: string;
  readonly workdir: string;
  /** Reads a command line as dewy would. */
  readonly parse: (args: readonly string[]) => Command;
}

/** What a unit may be called without an ending, as systemd.unit(5) has it. */
const UNIT_NAME = /^[\w:.\\-]{1,200}$/;
const USER_NAME = /^[a-z_][a-z0-9_-]{0,30}\$?$/i;

/**
 * Returns the text of a unit for a command line of dewy, which is checked as if
 * it were run.
 *
 * @throws {ConfigError} When that command line, or a name, cannot be right.
 */
export function initSystemd(
  { unit, runAs, socket, words }: InitSettings,
  host: InitHost,
): string {
  checkName(unit, { pattern: UNIT_NAME, option: "--unit" });
  if (runAs !== undefined) {
    checkName(runAs, { pattern: USER_NAME, option: "--run-as" });
  }
  const command = host.parse(words);
  if (
    command.kind !== "server" && command.kind !== "assets" &&
    command.kind !== "container"
  ) {
    throw new ConfigError(
      `Cannot write a unit: "${
        words[0] ?? ""
      }" is no command that goes on running`,
      {
        hint:
          'Write the command line behind "--": dewy init systemd -- server …',
      },
    );
  }
  const { settings } = command;
  if (settings.once) {
    throw new ConfigError("Cannot write a unit: --once ends by itself", {
      hint: "Leave --once out",
    });
  }
  if (!socket) {
    const { program, workdir } = host;
    const user = runAs;
    return serviceUnit({
      name: unit,
      program,
      args: words,
      settings,
      workdir,
      user,
    });
  }
  if (settings.command !== "server" || settings.listen.length === 0) {
    throw new ConfigError(
      "Cannot write a socket unit: only dewy server with --port takes sockets from systemd",
      { hint: "Leave --socket out" },
    );
  }
  return socketUnit(unit, settings);
}

function checkName(
  name: string,
  { pattern, option }: { readonly pattern: RegExp; readonly option: string },
): void {
  if (pattern.test(name)) return;
  throw new ConfigError(
    `Cannot write a unit: ${option} "${name}" is no name for it`,
    { hint: "Use letters, digits, dashes and underscores" },
  );
}
