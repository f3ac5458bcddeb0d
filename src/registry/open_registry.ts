import type { Platform } from "../base/platform.ts";
import type { VersionRules } from "../base/release.ts";
import { unknownScheme } from "../base/scheme.ts";
import { folderOf } from "../base/file_url.ts";
import type { TransferLimits } from "../base/transfer_limits.ts";
import { booleanOption, type DriverUrl, parseDriverUrl } from "../base/url.ts";
import { checkRules } from "../base/version.ts";
import type { OciCredentials } from "../client/oci_credentials.ts";
import type { OpenGithub } from "../client/share_github.ts";
import { FileRegistry } from "./file.ts";
import type { Registry } from "./registry.ts";

/** What the command line and the host add to a registry URL. */
export interface OpenRegistryOptions {
  /** Beats the `calver` option of the URL. */
  readonly calver?: string | undefined;
  /** Empty for all slots. */
  readonly slot: string;
  readonly platform: Platform;
  /** dewy's environment, for credentials and endpoints. */
  readonly env: Readonly<Record<string, string>>;
  /** @default Date.now */
  readonly now?: () => number;
  /** The client of GitHub that downloads use as well; one of its own when left out. */
  readonly openGithub?: OpenGithub;
  /** Who to be at a container registry; nobody when left out. */
  readonly credentials?: OciCredentials | undefined;
  /** The drivers' own when left out; the client of GitHub brings its own. */
  readonly limits?: TransferLimits;
}

/** A driver with a library of its own is imported when its scheme is asked for, and only then. */
type Opener = (
  url: DriverUrl,
  options: OpenRegistryOptions,
) => Registry | Promise<Registry>;

const OPENERS: Readonly<Record<string, Opener>> = {
  file: openFile,
  gs: openObjects,
  s3: openObjects,
  ghr: async (url, options) => {
    const { openGhr } = await import("./ghr_open.ts");
    return await openGhr(url, { ...options, rules: rulesOf(url, options) });
  },
  grpc: async (url, options) => {
    const { openGrpc } = await import("./grpc_open.ts");
    return await openGrpc(url, { ...options, rules: rulesOf(url, options) });
  },
  img: async (url, options) => {
    const { openImg } = await import("./img_open.ts");
    return await openImg(url, { ...options, rules: rulesOf(url, options) });
  },
};

/** Options that every registry URL has. */
const COMMON_OPTIONS = ["calver", "pre-release", "version"];

/** Options that only some schemes have. */
const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  file: ["artifact"],
  ghr: ["artifact", "report"],
  grpc: ["artifact", "ca", "no-tls"],
  gs: ["artifact"],
  img: ["ca", "constraint", "insecure"],
  s3: ["artifact", "endpoint", "region"],
};

/**
 * Returns the registry behind `url`. Nothing is read yet.
 *
 * @throws {ConfigError} When the URL, an option or the CalVer format is bad, or no driver has its scheme.
 */
export async function openRegistry(
  url: string,
  options: OpenRegistryOptions,
): Promise<Registry> {
  const { open, parsed } = findDriver(url);
  return await open(parsed, options);
}

/**
 * Returns the parts of a registry's URL, without opening it.
 *
 * @throws {ConfigError} When no driver has its scheme or its options.
 */
export function parseRegistryUrl(url: string): DriverUrl {
  return findDriver(url).parsed;
}

function findDriver(
  url: string,
): { readonly open: Opener; readonly parsed: DriverUrl } {
  const { scheme } = parseDriverUrl(url, { what: "registry" });
  const open = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (open === undefined) {
    throw unknownScheme(url, {
      what: "registry",
      scheme,
      known: Object.keys(OPENERS),
    });
  }
  const known = [...COMMON_OPTIONS, ...(OWN_OPTIONS[scheme] ?? [])].sort();
  const parsed = parseDriverUrl(url, { what: "registry", options: known });
  return { open, parsed };
}

function openFile(url: DriverUrl, options: OpenRegistryOptions): Registry {
  const folder = folderOf(url, "registry");
  const artifact = url.options.get("artifact");
  return new FileRegistry({
    url: url.text,
    folder,
    rules: rulesOf(url, options),
    platform: options.platform,
    ...(artifact === undefined ? {} : { artifact }),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}

async function openObjects(
  url: DriverUrl,
  options: OpenRegistryOptions,
): Promise<Registry> {
  const { openObjectFolder } = await import("./object_open.ts");
  const rules = rulesOf(url, options);
  return await openObjectFolder(url, { ...options, rules });
}

function rulesOf(url: DriverUrl, options: OpenRegistryOptions): VersionRules {
  const calver = options.calver || url.options.get("calver");
  const constraint = url.options.get("version") ??
    url.options.get("constraint");
  const rules: VersionRules = {
    preRelease: booleanOption(url, "pre-release"),
    slot: options.slot,
    ...(calver === undefined ? {} : { calver }),
    ...(constraint === undefined ? {} : { constraint }),
  };
  checkRules(rules);
  return rules;
}
