import { ConfigError } from "../base/errors.ts";

/** Where GitHub's API is. No address ends in a slash. */
export interface GithubAddress {
  /** Everything but the token exchange: `https://api.github.com`, `https://HOST/api/v3`. */
  readonly apiUrl: string;
  /** Where a GitHub App exchanges its key for a token. */
  readonly tokenUrl: string;
}

const PUBLIC_API = "https://api.github.com";

/**
 * Returns the addresses that `GITHUB_API_URL`, or else `GITHUB_ENDPOINT`, asks
 * for; GitHub's own when neither is set. The address is taken as it is: for
 * GitHub Enterprise Server it ends in `/api/v3`. Only the token exchange adds
 * that path by itself when it is missing.
 *
 * @throws {ConfigError} When it is no plain http(s) URL.
 */
export function githubAddress(
  env: Readonly<Record<string, string>>,
): GithubAddress {
  const name = env["GITHUB_API_URL"] ? "GITHUB_API_URL" : "GITHUB_ENDPOINT";
  const url = parse(name, env[name] || PUBLIC_API);
  const apiUrl = (url.origin + url.pathname).replace(/\/+$/, "");
  const isApiHost = url.hostname.startsWith("api.") ||
    url.hostname.includes(".api.");
  const isComplete = isApiHost || apiUrl.endsWith("/api/v3");
  return { apiUrl, tokenUrl: isComplete ? apiUrl : `${apiUrl}/api/v3` };
}

/**
 * Returns whether an upload may carry the token of the API at `apiUrl`: the
 * same origin (GitHub Enterprise Server), or `uploads.` where the API is `api.`.
 */
export function isUploadAddress(url: URL, apiUrl: string): boolean {
  const api = new URL(apiUrl);
  if (url.origin === api.origin) return true;
  return api.protocol === url.protocol && api.port === url.port &&
    api.hostname.startsWith("api.") &&
    url.hostname === api.hostname.replace(/^api\./, "uploads.");
}

function parse(name: string, value: string): URL {
  const url = URL.parse(value.trim());
  const isPlain = url !== null && /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === "";
  if (isPlain) return url;
  throw new ConfigError(`Cannot read ${name}: it is no plain http(s) URL`, {
    hint: "For GitHub Enterprise Server write https://HOST/api/v3/",
  });
}
