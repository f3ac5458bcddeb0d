import { parseDeployWindows } from "../base/deploy_window.ts";
import { parseListenSpecs } from "./listen_spec.ts";
import type { GivenOptions } from "./options_given.ts";
import type {
  AssetsSettings,
  CommonSettings,
  ServerSettings,
} from "./settings.ts";
import { UsageError } from "./usage_error.ts";

/** @throws {ConfigError} When the registry is missing. */
export function assetsSettings(options: GivenOptions): AssetsSettings {
  return { command: "assets", ...commonSettings(options) };
}

/** @throws {ConfigError} When the registry or the program is missing, or a port is malformed. */
export function serverSettings(
  options: GivenOptions,
  words: readonly string[],
): ServerSettings {
  const common = commonSettings(options);
  return {
    command: "server",
    ...common,
    listen: parseListenSpecs(options.texts("port")),
    program: requireProgram(words),
    ready: options.choice("ready"),
    healthPath: options.text("health-path") || undefined,
    healthTimeoutMs: options.number("health-timeout"),
    confirmTimeMs: options.number("confirm-time"),
    killDelayMs: options.number("kill-delay"),
    stopTimeoutMs: options.number("stop-timeout"),
  };
}

/** @throws {UsageError} When `--registry` was not given. */
export function requireRegistry(options: GivenOptions): string {
  const url = options.text("registry");
  if (url !== "") return url;
  throw new UsageError("--registry is not set", {
    hint: 'Write "--registry URL" or set DEWY_REGISTRY',
  });
}

function requireProgram(words: readonly string[]): [string, ...string[]] {
  const [program = "", ...rest] = words;
  if (program !== "") return [program, ...rest];
  throw new UsageError('Cannot run "server": no program was given', {
    hint: 'Write it after "--": dewy server --registry URL -- ./current/app',
  });
}

export function commonSettings(options: GivenOptions): CommonSettings {
  const otlpEndpoint = options.text("otlp-endpoint") || undefined;
  return {
    registryUrl: requireRegistry(options),
    intervalMs: options.number("interval"),
    pollBackoffMaxMs: options.number("poll-backoff-max"),
    tickTimeoutMs: options.number("tick-timeout"),
    once: options.flag("once"),
    cacheUrl: options.text("cache") || undefined,
    fetchHosts: options.texts("fetch-host"),
    notifierUrls: options.texts("notifier"),
    slot: options.text("slot"),
    calver: options.text("calver") || undefined,
    logLevel: options.choice("log-level"),
    logFormat: options.choice("log-format"),
    beforeDeployHook: options.text("before-deploy-hook"),
    afterDeployHook: options.text("after-deploy-hook"),
    hookTimeoutMs: options.number("hook-timeout"),
    hookFailure: options.choice("hook-failure"),
    allowDowngrade: options.flag("allow-downgrade"),
    cooldownMs: options.number("cooldown"),
    windows: options.texts("window").flatMap(parseDeployWindows),
    requireChecksum: options.flag("require-checksum"),
    maxArtifactBytes: options.number("max-artifact-size"),
    maxExpandedBytes: options.number("max-expanded-size"),
    maxEntries: options.number("max-entries"),
    keepReleases: options.number("keep-releases"),
    adminPort: options.number("admin-port"),
    adminPortGiven: options.numberIfGiven("admin-port") !== undefined,
    adminSocket: options.text("admin-socket") || undefined,
    adminTokenFile: options.text("admin-token-file") || undefined,
    telemetry: options.flag("telemetry") || otlpEndpoint !== undefined,
    otlpEndpoint,
    otlpInsecure: options.flag("otlp-insecure"),
  };
}
