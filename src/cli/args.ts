import { ConfigError } from "../base/errors.ts";
import { COMMANDS, SHELLS } from "./commands.ts";
import { containerSettings } from "./container_settings.ts";
import { parseDoctor, parsePlan } from "./doctor/request.ts";
import { nearestWord } from "../base/nearest.ts";
import { type GivenOptions, readArguments } from "./options_given.ts";
import { parseOperator, REQUESTS } from "./operator/request.ts";
import { optionsInEffect } from "./options_in_effect.ts";
import { assetsSettings, serverSettings } from "./options_settings.ts";
import { parseSelfUpdate } from "./self_update_request.ts";
import type { Command, InitSettings } from "./settings.ts";
import { UsageError } from "./usage_error.ts";

/** Words for commands that other tools or older editions use. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  image: 'Did you mean "container"?',
  version: 'Did you mean "--version"?',
};

/**
 * Reads the command line; `DEWY_<OPTION>` stands in for options it leaves out.
 *
 * @throws {UsageError} When the help should follow the error: no such command, no registry.
 * @throws {ConfigError} When an option or a value is wrong.
 */
export function parseCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Command {
  if (args[0] === "self-update" && !args.includes("--help")) {
    return { kind: "self-update", request: parseSelfUpdate(args.slice(1)) };
  }
  const { options, positionals } = readArguments(args, env);
  const [name, ...rest] = positionals;
  if (options.flag("help")) {
    return { kind: "help", topic: isCommand(name) ? name : undefined };
  }
  if (options.flag("version")) {
    return { kind: "version", logFormat: options.choice("log-format") };
  }
  switch (name) {
    case "server":
      options.checkAll();
      return {
        kind: "server",
        settings: serverSettings(options, rest),
        effective: optionsInEffect(options, "server"),
      };
    case "assets":
      options.checkAll();
      return {
        kind: "assets",
        settings: assetsSettings(options),
        effective: optionsInEffect(options, "assets"),
      };
    case "container":
      options.checkAll();
      if (rest[0] === "list") {
        return {
          kind: "container-list",
          adminPort: options.number("admin-port"),
        };
      }
      return {
        kind: "container",
        settings: containerSettings(options, rest),
        effective: optionsInEffect(options, "container"),
      };
    case "plan":
      return { kind: "plan", request: parsePlan(rest, options) };
    case "doctor":
      return { kind: "doctor", request: parseDoctor(rest, options) };
    case "completions":
      return { kind: "completions", shell: parseShell(rest[0]) };
    case "init":
      return { kind: "init", settings: initSettings(options, rest) };
    case "help":
      return { kind: "help", topic: parseTopic(rest[0]) };
    default:
      return parseRequest(name, rest, options);
  }
}

function initSettings(
  options: GivenOptions,
  [manager, ...words]: readonly string[],
): InitSettings {
  if (manager !== "systemd") {
    throw new ConfigError(
      `Cannot write a unit: the service manager must be systemd: ${
        manager === undefined
          ? "none was given"
          : `current value is "${manager}"`
      }`,
      {
        hint: "Write: dewy init systemd --unit NAME -- server --registry URL …",
      },
    );
  }
  return {
    unit: options.text("unit") || "dewy",
    runAs: options.text("run-as") || undefined,
    socket: options.flag("socket"),
    words,
  };
}

function parseRequest(
  word: string | undefined,
  rest: readonly string[],
  options: GivenOptions,
): Command {
  const name = REQUESTS.find((name) => name === word);
  if (name === undefined) throw unknownCommand(word);
  return { kind: "operator", request: parseOperator(name, rest, options) };
}

function isCommand(name: string | undefined): boolean {
  return COMMANDS.some((command) => command.name === name);
}

function parseShell(word: string | undefined): (typeof SHELLS)[number] {
  const shell = SHELLS.find((name) => name === word);
  if (shell !== undefined) return shell;
  throw new ConfigError(
    `Cannot print completions: shell must be one of ${SHELLS.join(", ")}: ` +
      (word === undefined ? "none was given" : `current value is "${word}"`),
  );
}

function parseTopic(word: string | undefined): string | undefined {
  if (word === undefined || isCommand(word)) return word;
  const names = COMMANDS.map((command) => command.name);
  throw new ConfigError(`Cannot show help: topic "${word}" is unknown`, {
    hint: `Topics: ${names.join(", ")}`,
  });
}

function unknownCommand(word: string | undefined): UsageError {
  const names = COMMANDS.map((command) => command.name);
  const hint = `Commands: ${names.join(", ")}`;
  if (word === undefined) {
    return new UsageError("Command is not available: none was given", { hint });
  }
  const near = nearestWord(word, names);
  const meant = Object.hasOwn(OTHER_WORDS, word)
    ? OTHER_WORDS[word]
    : near && `Did you mean "${near}"?`;
  return new UsageError(`Command is not available: "${word}"`, {
    hint: meant ?? hint,
  });
}
