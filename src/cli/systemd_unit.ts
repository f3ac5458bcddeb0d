import { dirname, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { folderOf } from "../base/file_url.ts";
import { parseDriverUrl } from "../base/url.ts";
import { parseRegistryUrl } from "../registry/open_registry.ts";
import type {
  AssetsSettings,
  ContainerSettings,
  ServerSettings,
} from "./settings.ts";

/** What a unit is written for. */
export interface UnitRequest {
  /** Name of the units, without an ending. */
  readonly name: string;
  /** Absolute path of the dewy program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** The settings that these arguments mean. */
  readonly settings: ServerSettings | AssetsSettings | ContainerSettings;
  /** dewy's working directory, absolute. */
  readonly workdir: string;
  /** The user it runs as; root when left out. */
  readonly user: string | undefined;
}

type Line = readonly [name: string, value: string] | `#${string}`;

/** What dewy takes beyond the time its application has, seconds. */
const STOP_MARGIN_S = 15;
/** The original's time for a container to end, seconds. */
const CONTAINER_STOP_S = 10;
const FIRST_UNPRIVILEGED_PORT = 1024;

/** Restrictions that each mode works under; `systemd-analyze security` explains each. */
const SANDBOX: readonly Line[] = [
  ["NoNewPrivileges", "yes"],
  ["ProtectSystem", "strict"],
  ["PrivateDevices", "yes"],
  ["ProtectClock", "yes"],
  ["ProtectControlGroups", "yes"],
  ["ProtectHostname", "yes"],
  ["ProtectKernelLogs", "yes"],
  ["ProtectKernelModules", "yes"],
  ["ProtectKernelTunables", "yes"],
  ["ProtectProc", "invisible"],
  ["LockPersonality", "yes"],
  ["RemoveIPC", "yes"],
  ["RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"],
  ["RestrictNamespaces", "yes"],
  ["RestrictRealtime", "yes"],
  ["RestrictSUIDSGID", "yes"],
  ["SystemCallArchitectures", "native"],
  ["SystemCallFilter", "@system-service"],
  ["SystemCallErrorNumber", "EPERM"],
  "# MemoryDenyWriteExecute= is not possible: JavaScript is compiled as it runs.",
];

/**
 * Writes the service unit, as systemd.service(5) and systemd.exec(5) have it.
 *
 * @throws {ConfigError} When a URL of the settings cannot be right, or a unit cannot name a path.
 */
export function serviceUnit(request: UnitRequest): string {
  const { name, program, args, settings, workdir, user } = request;
  const command = [program, ...args].map(quote).join(" ");
  return render([
    ["Unit", [
      ["Description", plain(`dewy ${settings.command}: ${name}`)],
      ["Wants", "network-online.target"],
      ["After", ["network-online.target", ...engineUnits(settings)].join(" ")],
    ]],
    ["Service", [
      ["Type", "notify"],
      ["NotifyAccess", "main"],
      ["ExecStart", command],
      ["ExecReload", "/bin/kill -USR1 $MAINPID"],
      ["WorkingDirectory", plain(workdir)],
      ...userLines(settings, user),
      "# Secrets such as tokens, and DEWY_<OPTION>; readable for root only.",
      ["EnvironmentFile", plain(`-/etc/dewy/${name}.env`)],
      "# A setting that is wrong stays wrong: code 1 is not tried again.",
      ["Restart", "on-failure"],
      ["RestartSec", "2"],
      ["RestartPreventExitStatus", "1"],
      "# dewy drains and ends its workers itself; what is left then is killed.",
      ["KillMode", "mixed"],
      ["TimeoutStartSec", "5min"],
      ["TimeoutStopSec", `${stopSeconds(settings)}`],
      ["WatchdogSec", "60"],
      ["LimitNOFILE", "65536"],
      "# The application runs under these, too: take out what it cannot live with.",
      ...SANDBOX,
      ...folderLines(request),
    ]],
    ["Install", [["WantedBy", "multi-user.target"]]],
  ]);
}

/**
 * Writes the socket unit that goes with it, as systemd.socket(5) has it: systemd
 * then holds the ports while dewy itself is restarted.
 */
export function socketUnit(name: string, settings: ServerSettings): string {
  return render([
    ["Unit", [["Description", plain(`Sockets of dewy: ${name}`)]]],
    ["Socket", [
      ...settings.listen.map((address): Line => [
        "ListenStream",
        address.kind === "unix"
          ? plain(resolve(address.path))
          : address.host === undefined
          ? `0.0.0.0:${address.port}`
          : address.spec,
      ]),
      // As dewy has it: `[::]` takes IPv4 too, if nothing else does.
      ["BindIPv6Only", sharesPorts(settings) ? "ipv6-only" : "both"],
      ["Backlog", "4096"],
    ]],
    ["Install", [["WantedBy", "sockets.target"]]],
  ]);
}

function sharesPorts({ listen }: ServerSettings): boolean {
  const ports = listen.flatMap((address) =>
    address.kind === "tcp" ? [address.port] : []
  );
  return new Set(ports).size < ports.length;
}

function engineUnits(settings: UnitRequest["settings"]): readonly string[] {
  return settings.command === "container" && settings.runtime === "docker"
    ? ["docker.service"]
    : [];
}

function userLines(
  settings: UnitRequest["settings"],
  user: string | undefined,
): readonly Line[] {
  if (user === undefined) return [];
  const needsLowPorts = portsOf(settings)
    .some((port) => port < FIRST_UNPRIVILEGED_PORT);
  const capabilities = needsLowPorts ? "CAP_NET_BIND_SERVICE" : "";
  return [
    ["User", plain(user)],
    ...(settings.command === "container" && settings.runtime === "docker"
      ? [["SupplementaryGroups", "docker"] as const]
      : []),
    ["CapabilityBoundingSet", capabilities],
    ["AmbientCapabilities", capabilities],
  ];
}

function portsOf(settings: UnitRequest["settings"]): readonly number[] {
  if (settings.command === "assets") return [];
  return settings.command === "container"
    ? settings.ports.map(({ proxy }) => proxy)
    : settings.listen.flatMap((address) =>
      address.kind === "tcp" ? [address.port] : []
    );
}

/** Under `ProtectSystem=strict` everything else is read-only. */
function folderLines({ workdir, settings }: UnitRequest): readonly Line[] {
  const folders = new Set([
    workdir,
    ...urlFolders(settings),
    ...(settings.adminSocket === undefined
      ? []
      : [dirname(resolve(workdir, settings.adminSocket))]),
    ...(settings.command === "server"
      ? settings.listen.flatMap((address) =>
        address.kind === "unix" ? [dirname(resolve(address.path))] : []
      )
      : []),
  ]);
  const isTemporary = [...folders]
    .some((folder) => /^\/(?:var\/)?tmp(?:\/|$)/.test(folder));
  return [
    // Credentials of clouds and registries are read from there.
    ["ProtectHome", "read-only"],
    ["PrivateTmp", isTemporary ? "no" : "yes"],
    ...[...folders].map((folder): Line => [
      "ReadWritePaths",
      quote(folder === workdir ? folder : `-${folder}`),
    ]),
  ];
}

/** Reports and cached artifacts are written to `file://` folders. */
function urlFolders(settings: UnitRequest["settings"]): readonly string[] {
  const { registryUrl, cacheUrl } = settings;
  const registry = parseRegistryUrl(registryUrl);
  const cache = cacheUrl === undefined
    ? undefined
    : parseDriverUrl(cacheUrl, { what: "cache" });
  return [
    ...(registry.scheme === "file" ? [folderOf(registry, "registry")] : []),
    ...(cache?.scheme === "file" ? [folderOf(cache, "cache")] : []),
  ];
}

function stopSeconds(settings: UnitRequest["settings"]): number {
  if (settings.command === "assets") return STOP_MARGIN_S;
  const ms = settings.command === "server"
    ? settings.stopTimeoutMs
    : settings.drainMs + CONTAINER_STOP_S * 1000;
  return Math.ceil(ms / 1000) + STOP_MARGIN_S;
}

function render(sections: readonly [string, readonly Line[]][]): string {
  return sections.map(([title, lines]) => {
    const body = lines.map((line) =>
      typeof line === "string" ? `${line}\n` : `${line[0]}=${line[1]}\n`
    );
    return `[${title}]\n${body.join("")}`;
  }).join("\n");
}

/** A value without quotes: percent signs begin specifiers, and nothing else has a second meaning. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]|\\$/.test(text)) {
    throw new ConfigError(
      `Cannot write a unit: ${JSON.stringify(text)} cannot stand in one`,
      { hint: "Use a folder without control characters in its name" },
    );
  }
  return text.replaceAll("%", "%%");
}

/** A word of a command line, as systemd.syntax(7) and systemd.service(5) read it. */
function quote(word: string): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x1f\x7f]/g, escapeControl)
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** A carriage return, too, would end the line. */
function escapeControl(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
