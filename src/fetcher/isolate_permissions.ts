import { join, resolve } from "node:path";
import { systemErrorCode } from "../base/errors.ts";
import { INCOMING } from "../release/layout.ts";
import { DRIVER_NEEDS, type DriverNeeds, union } from "./driver_needs.ts";
import type { SourceSettings } from "./fetch_service.ts";

/** What the permissions follow from. */
export interface IsolateSettings
  extends Pick<SourceSettings, "registryUrl" | "cacheUrl" | "cwd" | "env"> {
  /** Further hosts that the isolate may reach: `--fetch-host`. */
  readonly hosts: readonly string[];
}

/**
 * Returns what the isolate that touches bytes of others may do: reach the hosts
 * that the URLs imply, read and write the cache, the folder that archives are
 * unpacked in and what the drivers keep, and nothing else. It can reach no
 * finished release: one who may move a link that is there can leave by it. It can start no program and load no native
 * code.
 */
export function isolatePermissions(
  settings: IsolateSettings,
): Deno.PermissionOptionsObject {
  const { cwd, env, hosts } = settings;
  const needs = needsOf(settings);
  const cacheDir = resolve(cwd, env["DEWY_CACHEDIR"] || ".dewy/cache");
  const releases = withRealPaths([join(cwd, "releases")]);
  const own = [cacheDir, ...releases.map((path) => join(path, INCOMING))];
  const net = [...needs.net, ...hosts];
  return {
    net: net.length === 0 ? false : net,
    read: withRealPaths([...own, ...needs.read]),
    // A local registry is only read here: its audit records are written elsewhere.
    write: withRealPaths(isLocal(settings) ? own : [...own, ...needs.write]),
    env: needs.env.length === 0 ? false : [...needs.env],
    sys: needs.sys.length === 0 ? false : [...needs.sys],
    run: false,
    ffi: false,
    import: false,
  };
}

/** Whether registry and cache are both folders of this host. */
export function isLocal(
  { registryUrl, cacheUrl }: Pick<IsolateSettings, "registryUrl" | "cacheUrl">,
): boolean {
  return [registryUrl, cacheUrl ?? "file:"].every((url) => /^file:/i.test(url));
}

/** Returns the part of the environment that the isolate is handed. */
export function isolateEnv(
  settings: Pick<IsolateSettings, "registryUrl" | "cacheUrl" | "env">,
): Readonly<Record<string, string>> {
  const { env, handedOver } = needsOf(settings);
  const names = [...env, ...handedOver, "DEWY_CACHEDIR"];
  const isNeeded = (name: string) =>
    names.some((known) =>
      known.endsWith("*") ? name.startsWith(known.slice(0, -1)) : name === known
    );
  return Object.fromEntries(
    Object.entries(settings.env).filter(([name]) => isNeeded(name)),
  );
}

function needsOf(
  { registryUrl, cacheUrl, env }: Pick<
    IsolateSettings,
    "registryUrl" | "cacheUrl" | "env"
  >,
): DriverNeeds {
  const urls = [registryUrl, cacheUrl].filter((url) => url !== undefined);
  return union(urls.map((text) => {
    // A URL that cannot be read is refused by its opener, with a better word.
    if (!URL.canParse(text)) return {};
    const url = new URL(text);
    const scheme = url.protocol.slice(0, -1);
    const of = Object.hasOwn(DRIVER_NEEDS, scheme)
      ? DRIVER_NEEDS[scheme]
      : undefined;
    return of?.(url, env) ?? {};
  }));
}

const UNREACHABLE = new Set(["ENOENT", "ENOTDIR", "EACCES", "ELOOP"]);

/** A permission names a path as it is written; a link on its way leads to another one. */
function withRealPaths(paths: readonly string[]): string[] {
  const real = paths.flatMap((path) => {
    try {
      return [Deno.realPathSync(path)];
    } catch (error) {
      // What is wrong with a path is told by whoever uses it.
      if (UNREACHABLE.has(systemErrorCode(error) ?? "")) return [];
      throw error;
    }
  });
  return [...new Set([...paths, ...real])];
}
