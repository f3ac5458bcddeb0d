import { Octokit } from "@octokit/rest";
import type { ArtifactBody } from "../base/artifact_body.ts";
import { SourceError } from "../base/errors.ts";
import { githubAddress, isUploadAddress } from "./github_address.ts";
import { exchangeToken, SILENT } from "./github_app.ts";
import type { GithubRepo } from "./github_artifact_url.ts";
import { readGithubCredentials } from "./github_credentials.ts";
import {
  type ByteStream,
  downloadErrors,
  followDownload,
  USER_AGENT,
} from "./github_download.ts";
import { expectOk, failedAnswer } from "./github_errors.ts";
import { githubFetch } from "./github_fetch.ts";
import { GithubGate, type Sending } from "./github_gate.ts";
import { PAGE_SIZE, readPage, type ReleasePage } from "./github_page.ts";
import {
  type GithubAsset,
  type GithubRelease,
  readRelease,
} from "./github_release.ts";
import { AppToken, fixedToken } from "./github_token.ts";
import { guardBody } from "./object_body.ts";

/** How a {@link GithubClient} behaves. */
export interface GithubClientOptions {
  /** @default Date.now */
  readonly now?: () => number;
  /** How long one request may take, a download up to its first byte; milliseconds. @default 30,000 */
  readonly timeoutMs?: number;
  /** How long a download may stand still, milliseconds. @default 60,000 */
  readonly stallMs?: number;
}

/** Which page is asked for. */
export interface PageQuestion {
  /** From 1. */
  readonly page: number;
  /** Of the page as it is known. */
  readonly etag: string | undefined;
}

const TIMEOUT_MS = 30_000;

/** HTTP status of an upload that succeeded. */
const CREATED = 201;

const DENIED_HINT =
  'Give the credentials write permission on the contents, or add "report=false" to the registry URL';

/** GitHub's API, as far as dewy uses it. The token goes to the API and its upload host only. */
export class GithubClient {
  readonly #octokit: Octokit;
  readonly #apiUrl: string;
  readonly #gate: GithubGate;
  readonly #options: GithubClientOptions;

  private constructor(
    apiUrl: string,
    gate: GithubGate,
    options: GithubClientOptions,
  ) {
    this.#apiUrl = apiUrl;
    this.#gate = gate;
    this.#options = options;
    this.#octokit = new Octokit({
      baseUrl: apiUrl,
      userAgent: USER_AGENT,
      log: SILENT,
      request: { fetch: githubFetch },
    });
  }

  /**
   * Reads addresses and credentials from the environment. Nothing is asked yet.
   *
   * @throws {ConfigError} When they are missing or cannot be used.
   */
  static async open(
    env: Readonly<Record<string, string>>,
    options: GithubClientOptions = {},
  ): Promise<GithubClient> {
    const { now = Date.now, timeoutMs = TIMEOUT_MS } = options;
    const { apiUrl, tokenUrl } = githubAddress(env);
    const credentials = await readGithubCredentials(env);
    const tokens = credentials.kind === "token"
      ? fixedToken(credentials)
      : new AppToken({
        exchange: (signal) =>
          exchangeToken({ app: credentials, tokenUrl }, signal),
        now,
      });
    const gate = new GithubGate({ tokens, now, timeoutMs });
    return new GithubClient(apiUrl, gate, options);
  }

  /** Returns a page of releases, or `undefined` when it is as its ETag says. */
  async listReleases(
    repo: GithubRepo,
    { page, etag }: PageQuestion,
    signal: AbortSignal,
  ): Promise<ReleasePage | undefined> {
    const send = async ({ headers, request }: Sending) => {
      const condition = etag === undefined ? {} : { "if-none-match": etag };
      try {
        const answer = await this.#octokit.rest.repos.listReleases({
          ...repo,
          page,
          per_page: PAGE_SIZE,
          headers: { ...headers, ...condition },
          request,
        });
        expectOk(answer.status);
        return readPage(answer);
      } catch (error) {
        if (failedAnswer(error)?.status === 304) return undefined;
        throw error;
      }
    };
    const what = `list the releases of ${this.#name(repo)}`;
    return await this.#gate.call({ what, send, repeatable: true }, signal);
  }

  /** @throws {SourceError} `not-found` when there is no published release of this tag. */
  async releaseByTag(
    repo: GithubRepo,
    tag: string,
    signal: AbortSignal,
  ): Promise<GithubRelease> {
    const what = `read release "${tag}" of ${this.#name(repo)}`;
    const send = async (sending: Sending) => {
      const { data, status } = await this.#octokit.rest.repos
        .getReleaseByTag({ ...repo, tag, ...sending });
      expectOk(status);
      return readRelease(data);
    };
    return await this.#gate.call({ what, send, repeatable: true }, signal);
  }

  /** Opens the bytes of an asset as a stream that is never held whole. */
  async openAsset(
    repo: GithubRepo,
    asset: GithubAsset,
    signal: AbortSignal,
  ): Promise<ArtifactBody> {
    const what = `download "${asset.name}" of ${this.#name(repo)}`;
    const send = (sending: Sending) => this.#openBytes(repo, asset, sending);
    const call = { what, send, repeatable: true };
    const source = await this.#gate.call(call, signal);
    return guardBody(source, {
      errors: downloadErrors(what),
      length: asset.bytes,
      signal,
      stallMs: this.#options.stallMs,
    });
  }

  async #openBytes(
    repo: GithubRepo,
    asset: GithubAsset,
    { headers, request }: Sending,
  ): Promise<ByteStream> {
    const answer = await this.#octokit.rest.repos.getReleaseAsset({
      ...repo,
      asset_id: asset.id,
      headers: { ...headers, accept: "application/octet-stream" },
      request: { ...request, parseSuccessResponseBody: false },
    });
    const status: number = answer.status;
    const body: unknown = answer.data;
    // GitHub Enterprise Server may give the bytes itself.
    if (status === 200 && body instanceof ReadableStream) return body;
    if (body instanceof ReadableStream) await body.cancel();
    const { location = "" } = answer.headers;
    if (location === "") {
      throw new SourceError("invalid", `Status ${status} leads nowhere`);
    }
    const { signal } = request;
    return await followDownload({ location, from: answer.url, signal });
  }

  /**
   * Adds a small text file to a release. Returns whether it did; `false` when
   * the release has one of that name.
   */
  async addTextAsset(
    release: GithubRelease,
    { name, text }: { readonly name: string; readonly text: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const what = `add "${name}" to release "${release.tag}"`;
    const url = this.#uploadUrl(release, what);
    const send = async ({ headers, request }: Sending) => {
      try {
        const { status } = await this.#octokit.request(`POST ${url}{?name}`, {
          name,
          data: text,
          headers: { ...headers, "content-type": "text/plain" },
          request,
        });
        expectOk(status, CREATED);
        return true;
      } catch (error) {
        if (isTaken(error)) return false;
        throw error;
      }
    };
    // Not tried again: an answer that got lost does not mean that nothing was added.
    const call = { what, send, repeatable: false, deniedHint: DENIED_HINT };
    return await this.#gate.call(call, signal);
  }

  #uploadUrl({ uploadUrl }: GithubRelease, what: string): string {
    const url = URL.parse(uploadUrl.replace(/\{.*$/, ""));
    if (url !== null && isUploadAddress(url, this.#apiUrl)) return url.href;
    throw new SourceError(
      "denied",
      `Cannot ${what}: its upload address is on ${url?.host ?? "no host"}`,
      {
        hint:
          'The token goes to the host of GITHUB_API_URL only; "report=false" turns audit records off',
      },
    );
  }

  #name({ owner, repo }: GithubRepo): string {
    return `"${owner}/${repo}" on ${new URL(this.#apiUrl).host}`;
  }
}

/** Whether the release has an asset of this name already. */
function isTaken(error: unknown): boolean {
  const answer = failedAnswer(error);
  return answer?.status === 422 && /already_exists/.test(answer.message);
}
