import { join } from "node:path";
import { parseDuration } from "../base/duration.ts";
import { ConfigError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { folderOf } from "../base/file_url.ts";
import { unknownScheme } from "../base/scheme.ts";
import { describeUrl, type DriverUrl, parseDriverUrl } from "../base/url.ts";
import type { ObjectStore } from "../client/object_store.ts";
import type { Cache } from "./cache.ts";
import { FileCache } from "./file.ts";

/** Where the cache is when no URL says so, and what a shared one needs. */
export interface OpenCacheOptions {
  /** The working directory, absolute. */
  readonly cwd: string;
  /** Value of `DEWY_CACHEDIR`; `<cwd>/.dewy/cache` when it is empty or left out. */
  readonly cacheDir?: string | undefined;
  /** dewy's environment, for credentials and endpoints. */
  readonly env: Readonly<Record<string, string>>;
  /** What a bucket may give at most, bytes. */
  readonly maxArtifactBytes: number;
  readonly emit: EmitEvent;
}

/** A cache that was opened. */
export interface OpenedCache {
  readonly cache: Cache;
  /** Option `registry-ttl`, milliseconds; 0 when it is off. */
  readonly registryTtlMs: number;
  /** Where other hosts share it; left out for a cache of this host alone. */
  readonly shared?: SharedPlace;
}

/** Part of a bucket. */
export interface SharedPlace {
  readonly store: ObjectStore;
  /** What all keys begin with: empty, or ending in a slash. */
  readonly prefix: string;
}

type Opener = (
  url: DriverUrl,
  options: OpenCacheOptions,
) => Promise<Omit<OpenedCache, "registryTtlMs">>;

const OPENERS: Readonly<Record<string, Opener>> = {
  file: (url) =>
    Promise.resolve({ cache: new FileCache(folderOf(url, "cache")) }),
  gs: openShared,
  s3: openShared,
};

/** Others are tolerated, as they always were. */
const BUCKET_OPTIONS = ["endpoint", "region", "registry-ttl"];

/**
 * Returns the cache behind `url`, or that of this host when there is none.
 * Nothing is read or created yet.
 *
 * @throws {ConfigError} When the URL is bad or no driver has its scheme.
 */
export async function openCache(
  url: string | undefined,
  options: OpenCacheOptions,
): Promise<OpenedCache> {
  if (url === undefined || url === "") {
    return { cache: localCache(options), registryTtlMs: 0 };
  }
  const parsed = parseDriverUrl(url, { what: "cache" });
  const { scheme } = parsed;
  const open = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (open === undefined) {
    throw unknownScheme(url, {
      what: "cache",
      scheme,
      known: Object.keys(OPENERS),
    });
  }
  const registryTtlMs = registryTtl(parsed);
  return { ...await open(parsed, options), registryTtlMs };
}

function localCache({ cwd, cacheDir }: OpenCacheOptions): FileCache {
  // A relative folder is one of the working directory.
  const folder = cacheDir || ".dewy/cache";
  return new FileCache(folder.startsWith("/") ? folder : join(cwd, folder));
}

async function openShared(
  url: DriverUrl,
  options: OpenCacheOptions,
): Promise<Omit<OpenedCache, "registryTtlMs">> {
  const { env, emit, maxArtifactBytes } = options;
  const known = new Map(
    [...url.options].filter(([name]) => BUCKET_OPTIONS.includes(name)),
  );
  const { openBucket } = await import("../client/open_bucket.ts");
  const { SharedCache } = await import("./shared.ts");
  const { store, prefix } = await openBucket(
    { ...url, options: known },
    { what: "cache", env },
  );
  const shared = { store, prefix };
  const local = localCache(options);
  return {
    cache: new SharedCache({ ...shared, local, emit, maxArtifactBytes }),
    shared,
  };
}

/** Nobody means more; milliseconds. */
const MAX_TTL_MS = 366 * 24 * 60 * 60 * 1000;

function registryTtl(url: DriverUrl): number {
  const text = url.options.get("registry-ttl");
  if (text === undefined) return 0;
  const ms = parseDuration(text);
  // Rounded up: less than a millisecond is not off.
  if (ms !== undefined && ms >= 0 && ms <= MAX_TTL_MS) return Math.ceil(ms);
  throw new ConfigError(
    `Cannot open cache "${
      describeUrl(url.text)
    }": option "registry-ttl" is no duration of up to a year`,
    { hint: 'Write a duration such as "30s" or "2m"' },
  );
}
