import { ConfigError } from "../base/errors.ts";
import type { Platform } from "../base/platform.ts";
import type { VersionRules } from "../base/release.ts";
import { booleanOption, describeUrl, type DriverUrl } from "../base/url.ts";
import type { GithubRepo } from "../client/github_artifact_url.ts";
import { type OpenGithub, shareGithub } from "../client/share_github.ts";
import { GhrRegistry } from "./ghr.ts";

/** What {@link openGhr} works with. */
export interface OpenGhrOptions {
  readonly rules: VersionRules;
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string>>;
  /** @default Date.now */
  readonly now?: () => number;
  /** The client that others use as well; one of its own when left out. */
  readonly openGithub?: OpenGithub;
}

/**
 * Returns the registry behind `ghr://OWNER/REPO`. The key of a GitHub App is
 * read; GitHub is not asked yet.
 *
 * @throws {ConfigError} When the URL or an option is bad, or there are no credentials.
 */
export async function openGhr(
  url: DriverUrl,
  options: OpenGhrOptions,
): Promise<GhrRegistry> {
  const { rules, platform, env, now = Date.now } = options;
  const repo = repoOf(url);
  const report = !url.options.has("report") || booleanOption(url, "report");
  const artifact = url.options.get("artifact") || env["GITHUB_ARTIFACT"];
  const openGithub = options.openGithub ?? shareGithub({ env, now });
  const client = await openGithub();
  return new GhrRegistry({
    url: url.text,
    repo,
    client,
    rules,
    platform,
    report,
    now,
    ...(artifact ? { artifact } : {}),
  });
}

function repoOf({ text, host, path }: DriverUrl): GithubRepo {
  const repo = path.replace(/\/$/, "").slice(1);
  const isName = (name: string) => /^[A-Za-z0-9_.-]+$/.test(name);
  if (isName(host) && isName(repo)) return { owner: host, repo };
  throw new ConfigError(`Cannot open registry "${describeUrl(text)}"`, {
    hint: "It must have the form ghr://OWNER/REPO",
  });
}
