import type { GithubClient } from "./github_client.ts";

/** Returns the client of GitHub; its library is loaded with the first call. */
export type OpenGithub = () => Promise<GithubClient>;

/** What a client is opened with. */
export interface ShareGithubOptions {
  /** dewy's environment, for addresses and credentials. */
  readonly env: Readonly<Record<string, string>>;
  /** @default Date.now */
  readonly now?: () => number;
}

/**
 * Returns a function that gives everybody the same client, so that what GitHub
 * says to one of them (wait an hour) holds for all. One that could not be opened
 * is tried again.
 */
export function shareGithub(
  { env, now = Date.now }: ShareGithubOptions,
): OpenGithub {
  let opening: Promise<GithubClient> | undefined;
  const open = async () => {
    const { GithubClient } = await import("./github_client.ts");
    return await GithubClient.open(env, { now });
  };
  return async () => {
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
}
