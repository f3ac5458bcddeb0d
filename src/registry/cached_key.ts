import { createHash } from "node:crypto";
import type { Platform } from "../base/platform.ts";

/** Whose answers may stand for each other's. */
export interface CacheScope {
  /** The registry URL as given. */
  readonly registryUrl: string;
  /** The format of the command line, which stands for one in the URL. */
  readonly calver?: string | undefined;
  readonly platform: Platform;
  /** What else makes the answer another one: slot, artifact of the environment. Empty texts do not count. */
  readonly extra?: readonly string[];
}

/**
 * Returns where the answer of a registry is cached, below the prefix of the
 * cache: `registry-cache/<16 hex digits>.json`. Hosts of all kinds compute the
 * same name; only what they do not know (a slot is theirs to filter) is told
 * apart by `extra`.
 */
export function registryCacheKey(scope: CacheScope): string {
  const { registryUrl, calver, platform, extra = [] } = scope;
  const url = withSortedQuery(registryUrl.trim(), calver);
  const text = [url, platform.os, platform.arch, ...extra.filter(Boolean)]
    .join("|");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return `registry-cache/${hash}.json`;
}

/** Writes the query as Go's `url.Values.Encode` does; a URL without one is left as it is. */
function withSortedQuery(url: string, calver: string | undefined): string {
  const at = url.indexOf("?");
  const [address, query] = at < 0
    ? [url, ""]
    : [url.slice(0, at), url.slice(at + 1)];
  const pairs = query.split("&").filter((part) => part !== "").map(toPair);
  const given = calver
    ? [
      ...pairs.filter(([name]) => name.toLowerCase() !== "calver"),
      ["calver", calver] as const,
    ]
    : pairs;
  if (given.length === 0) return url;
  const sorted = given.toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  const encoded = sorted.map((pair) => pair.map(encode).join("="));
  return `${address}?${encoded.join("&")}`;
}

function toPair(part: string): readonly [string, string] {
  const at = part.indexOf("=");
  return at < 0
    ? [decode(part), ""]
    : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // It is only hashed: as written will do.
    return text;
  }
}

function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    )
    .replaceAll("%20", "+");
}
