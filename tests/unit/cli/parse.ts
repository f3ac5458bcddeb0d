import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { parseCommand } from "../../../src/cli/args.ts";
import type {
  AssetsSettings,
  ServerSettings,
} from "../../../src/cli/settings.ts";

type Env = Readonly<Record<string, string>>;

/** Parses `dewy server` with a registry and a program around `args`. */
export function parseServer(
  args: readonly string[],
  env: Env = {},
): ServerSettings {
  const base = ["server", "--registry", "ghr://o/r"];
  const command = parseCommand([...base, ...args, "--", "./app"], env);
  assert.ok(command.kind === "server");
  return command.settings;
}

/** Parses `dewy assets` with `args` and nothing else. */
export function parseAssets(
  args: readonly string[],
  env: Env = {},
): AssetsSettings {
  const command = parseCommand(["assets", ...args], env);
  assert.ok(command.kind === "assets");
  return command.settings;
}

/** Returns the ConfigError that `run` must throw. */
export function configError(run: () => unknown): ConfigError {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  assert.ok(caught instanceof ConfigError, `expected ConfigError: ${caught}`);
  return caught;
}
