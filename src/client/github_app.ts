import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import type { GithubCredentials } from "./github_credentials.ts";
import { USER_AGENT } from "./github_download.ts";
import { expectOk } from "./github_errors.ts";
import { githubFetch } from "./github_fetch.ts";
import type { IssuedToken } from "./github_token.ts";

/** Takes the library's messages: they would stand between dewy's log lines, and the errors are thrown as well. */
export const SILENT = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** The headers that every request to the API has. */
export const API_HEADERS = {
  accept: "application/vnd.github.v3+json",
  "x-github-api-version": "2022-11-28",
};

/** HTTP status of an exchange that succeeded. */
const CREATED = 201;

/** Who asks for an installation token, and where. */
export interface TokenExchange {
  readonly app: Extract<GithubCredentials, { kind: "app" }>;
  /** Base address of the exchange. */
  readonly tokenUrl: string;
}

/**
 * Exchanges the key of a GitHub App for a token of its installation.
 *
 * @throws {RequestError} What the library throws, also around a SourceError.
 */
export async function exchangeToken(
  { app, tokenUrl }: TokenExchange,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const { appId, installationId, privateKey } = app;
  const octokit = new Octokit({
    baseUrl: tokenUrl,
    userAgent: USER_AGENT,
    log: SILENT,
    request: { fetch: fetchToken, signal },
  });
  const authenticate = createAppAuth({
    appId,
    privateKey,
    log: SILENT,
    request: octokit.request.defaults({
      headers: { ...API_HEADERS, accept: "application/vnd.github+json" },
    }),
  });
  const { token, expiresAt } = await authenticate({
    type: "installation",
    installationId,
    // Keeping it is done here, where the time left is known.
    refresh: true,
  });
  signal.throwIfAborted();
  return { token, expiresAt: Date.parse(expiresAt) };
}

/** The library itself takes an answer without a token for one. */
async function fetchToken(
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const response = await githubFetch(url, init);
  const { ok, status } = response;
  const isFailure = !ok && (status < 300 || status >= 400);
  if (isFailure) return response;
  try {
    expectOk(status, CREATED);
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
  return response;
}
