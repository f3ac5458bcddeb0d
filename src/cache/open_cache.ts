import { join } from "node:path";
import { parseDuration } from "../base/duration.ts";
import { ConfigError } from "../base/errors.ts";
import { folderOf } from "../base/file_url.ts";
import { unknownScheme } from "../base/scheme.ts";
import { describeUrl, type DriverUrl, parseDriverUrl } from "../base/url.ts";
import type { Cache } from "./cache.ts";
import { FileCache } from "./file.ts";

/** Where the cache is when no URL says so. */
export interface OpenCacheOptions {
  /** The working directory, absolute. */
  readonly cwd: string;
  /** Value of `DEWY_CACHEDIR`; `<cwd>/.dewy/cache` when it is empty or left out. */
  readonly cacheDir?: string | undefined;
}

type Opener = (url: DriverUrl) => Cache;

const OPENERS: Readonly<Record<string, Opener>> = {
  file: (url) => new FileCache(folderOf(url, "cache")),
};

const PLANNED: Readonly<Record<string, string>> = {
  s3: "S3 buckets",
  gs: "Google Cloud Storage buckets",
};

/**
 * Returns the cache behind `url`, or that of this host when there is none.
 * Nothing is read or created yet.
 *
 * @throws {ConfigError} When the URL is bad or no driver has its scheme.
 */
export function openCache(
  url: string | undefined,
  options: OpenCacheOptions,
): Cache {
  if (url === undefined || url === "") {
    // A relative folder is one of the working directory.
    const folder = options.cacheDir || ".dewy/cache";
    const isAbsolute = folder.startsWith("/");
    return new FileCache(isAbsolute ? folder : join(options.cwd, folder));
  }
  const parsed = parseDriverUrl(url, { what: "cache" });
  const { scheme } = parsed;
  const open = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (open === undefined) {
    throw unknownScheme(url, {
      what: "cache",
      scheme,
      known: Object.keys(OPENERS),
      planned: PLANNED,
    });
  }
  checkRegistryTtl(parsed);
  return open(parsed);
}

function checkRegistryTtl(url: DriverUrl): void {
  const text = url.options.get("registry-ttl");
  if (text === undefined) return;
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 0) return;
  throw new ConfigError(
    `Cannot open cache "${
      describeUrl(url.text)
    }": option "registry-ttl" is no duration`,
    { hint: 'Write a duration such as "30s" or "2m"' },
  );
}
