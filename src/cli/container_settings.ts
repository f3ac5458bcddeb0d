import { ConfigError } from "../base/errors.ts";
import { describeUrl } from "../base/url.ts";
import { DEFAULT_LIMITS } from "../proxy/settings.ts";
import { trustedNetworks } from "../proxy/http/trusted.ts";
import { parsePortMappings, type PortMapping } from "./container_ports.ts";
import { commonSettings } from "./options_settings.ts";
import type { GivenOptions } from "./options_given.ts";
import type { ContainerSettings, ProxyOptionsGiven } from "./settings.ts";

/**
 * @param words What stands after the command: options of `docker run`.
 * @throws {ConfigError} When the registry or a port is missing, or something is malformed.
 */
export function containerSettings(
  options: GivenOptions,
  words: readonly string[],
): ContainerSettings {
  const common = commonSettings(options);
  const ports = portsOf(options);
  requireImages(common.registryUrl);
  return {
    command: "container",
    ...common,
    app: options.text("name") || appName(common.registryUrl),
    ports,
    replicas: options.number("replicas"),
    words: options.texts("cmd"),
    healthPath: options.text("health-path") || undefined,
    healthTimeoutMs: options.number("health-timeout"),
    drainMs: options.number("drain-time"),
    runtime: options.choice("runtime"),
    onExit: options.choice("on-exit"),
    proxy: proxyOptions(options),
    runWords: words,
  };
}

function requireImages(registryUrl: string): void {
  if (/^img:/i.test(registryUrl)) return;
  throw new ConfigError(
    `Cannot run "container": "${
      describeUrl(registryUrl)
    }" is no registry of images`,
    { hint: "Name one: --registry img://HOST/REPOSITORY" },
  );
}

/** `web` of `img://ghcr.io/acme/web?slot=blue`. */
export function appName(registryUrl: string): string {
  const [path = ""] = registryUrl.split("?");
  const last = path.split("/").findLast((part) => part !== "") ?? "";
  const [name = ""] = last.split(":");
  return name || "app";
}

function portsOf(options: GivenOptions): readonly PortMapping[] {
  const mappings = parsePortMappings(options.texts("port"));
  const container = options.numberIfGiven("container-port");
  if (container === undefined) return mappings;
  return mappings.map((mapping) => ({ container, ...mapping }));
}

function proxyOptions(options: GivenOptions): ProxyOptionsGiven {
  const trustedProxies = options.texts("trusted-proxy");
  trustedNetworks(trustedProxies);
  const format = options.choice("access-log");
  return {
    limits: {
      ...DEFAULT_LIMITS,
      idleTimeoutMs: options.number("proxy-idle-timeout"),
      headerTimeoutMs: options.number("proxy-header-timeout"),
      bodyTimeoutMs: options.number("proxy-body-timeout"),
      maxConnections: options.number("proxy-max-connections"),
      holdMs: options.number("hold-time"),
    },
    trustedProxies,
    proxyProtocol: options.flag("proxy-protocol"),
    workers: options.numberIfGiven("proxy-workers"),
    accessLog: format === "off" ? undefined : format,
    certificate: certificatePaths(options),
  };
}

function certificatePaths(
  options: GivenOptions,
): ProxyOptionsGiven["certificate"] {
  const [cert, key] = [options.text("tls-cert"), options.text("tls-key")];
  if (cert === "" && key === "") return undefined;
  if (cert !== "" && key !== "") return { cert, key };
  throw new ConfigError(
    `Cannot serve HTTPS: ${
      cert === "" ? "--tls-cert" : "--tls-key"
    } is missing`,
    { hint: "Give both --tls-cert and --tls-key, or none of them" },
  );
}
