import { createHash } from "node:crypto";
import { FakeApp } from "./github_server_app.ts";
import { assetJson, type Place, releaseJson } from "./github_server_json.ts";
import { FakeRepo } from "./github_server_repo.ts";
import { FakeStorage } from "./github_server_storage.ts";

/** One request that the API got. */
export interface ApiRequest {
  readonly method: string;
  /** Below the base address, as sent, with the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
}

/** Answers in place of the API; `undefined` lets it answer itself. */
export type Intercept = (
  request: Request,
) => Response | Promise<Response> | undefined;

const PREFIX = "/api/v3";
const UPLOADS = "/api/uploads";

/**
 * A stateful stand-in for GitHub's API as GitHub Enterprise Server has it, with
 * a storage host of its own. What it answers is checked against GitHub's own
 * description of the API.
 */
export class GithubServer implements AsyncDisposable {
  readonly origin: string;
  /** Where clients are told that it is; another one when something stands in front. */
  shownOrigin: string;
  readonly storage = new FakeStorage();
  readonly requests: ApiRequest[] = [];
  intercept: Intercept | undefined;
  /** Requests that cost quota: all but those answered with 304. */
  quotaUsed = 0;
  #repos = new Map<string, FakeRepo>();
  /** Tokens, and whether each may write. */
  #tokens = new Map<string, { canWrite: boolean; until: number }>([
    ["ghp_writer", { canWrite: true, until: Infinity }],
    ["ghp_reader", { canWrite: false, until: Infinity }],
  ]);
  #app: FakeApp | undefined;
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, (request) => this.#handle(request));
    this.origin = `http://127.0.0.1:${this.#server.addr.port}`;
    this.shownOrigin = this.origin;
  }

  /** For `GITHUB_API_URL`. */
  get apiUrl(): string {
    return this.shownOrigin + PREFIX;
  }

  /** The GitHub App that has access; its key takes a while to make. */
  get app(): FakeApp {
    return this.#app ??= new FakeApp();
  }

  /** An environment whose token may write. */
  get env(): Readonly<Record<string, string>> {
    return { GITHUB_API_URL: this.apiUrl, GH_TOKEN: "ghp_writer" };
  }

  /** Returns a repository, made when it is not there. */
  repo(name: string): FakeRepo {
    const repo = this.#repos.get(name) ?? new FakeRepo();
    this.#repos.set(name, repo);
    return repo;
  }

  /** Ends all tokens that were issued to the App. */
  revokeAppTokens(): void {
    for (const token of this.#tokens.keys()) {
      if (token.startsWith("ghs_")) this.#tokens.delete(token);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.storage[Symbol.asyncDispose]();
  }

  async #handle(request: Request): Promise<Response> {
    const response = await this.intercept?.(request) ??
      await this.#answer(request);
    const { pathname, search } = new URL(request.url);
    const { status } = response;
    const { method, headers } = request;
    const path = pathname.replace(PREFIX, "") + search;
    if (status !== 304) this.quotaUsed++;
    await request.body?.cancel().catch(() => {});
    this.requests.push({ method, path, status, headers });
    return response;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const exchange = /^\/api\/v3\/app\/installations\/([0-9]+)\/access_tokens$/
      .exec(pathname);
    if (exchange) return this.#exchange(request, exchange[1] ?? "");
    const token = request.headers.get("authorization")
      ?.replace(/^Bearer /, "") ?? "";
    const access = this.#tokens.get(token);
    if (access === undefined || access.until <= Date.now()) {
      return problem(401, "Bad credentials");
    }
    const match =
      /^(\/api\/v3|\/api\/uploads)\/repos\/([^/]+)\/([^/]+)\/releases(\/.*)?$/
        .exec(pathname);
    const [, base, owner = "", repo = "", rest = ""] = match ?? [];
    const found = this.#repos.get(`${owner}/${repo}`);
    if (found === undefined) return problem(404, "Not Found");
    const place = {
      apiUrl: this.apiUrl,
      uploadUrl: this.shownOrigin + UPLOADS,
      owner,
      repo,
    };
    const call = { request, place, repo: found, canWrite: access.canWrite };
    return base === UPLOADS ? await upload(call, rest) : this.#read(call, rest);
  }

  #read(call: Call, rest: string): Response {
    const { request, repo, place } = call;
    if (request.method !== "GET") return problem(404, "Not Found");
    if (rest === "") return list(call);
    const [, tag] = /^\/tags\/(.+)$/.exec(rest) ?? [];
    if (tag !== undefined) {
      const release = repo.releases.find((release) =>
        !release.draft && release.tag === decodeURIComponent(tag)
      );
      return release === undefined
        ? problem(404, "Not Found")
        : json(releaseJson(release, place), request);
    }
    const [, id] = /^\/assets\/([0-9]+)$/.exec(rest) ?? [];
    const asset = repo.releases.flatMap(({ assets }) => assets)
      .find((asset) => asset.id === Number(id));
    if (asset === undefined) return problem(404, "Not Found");
    const wantsBytes = request.headers.get("accept")
      ?.includes("application/octet-stream");
    return wantsBytes
      ? Response.redirect(this.storage.sign(asset), 302)
      : json(assetJson(asset, place), request);
  }

  #exchange(request: Request, installation: string): Response {
    const authorization = request.headers.get("authorization") ?? "";
    const refusal = this.app.refusalOf(authorization);
    if (refusal !== undefined) return problem(401, refusal);
    if (installation !== this.app.installationId) {
      return problem(404, "Not Found");
    }
    const { token, expiresAt } = this.app.issue();
    this.#tokens.set(token, { canWrite: true, until: expiresAt });
    const body = {
      token,
      "expires_at": new Date(expiresAt).toISOString(),
      permissions: { contents: "write", metadata: "read" },
      "repository_selection": "selected",
    };
    return Response.json(body, { status: 201 });
  }
}

interface Call {
  readonly request: Request;
  readonly place: Place;
  readonly repo: FakeRepo;
  readonly canWrite: boolean;
}

function list({ request, place, repo, canWrite }: Call): Response {
  const url = new URL(request.url);
  const size = Number(url.searchParams.get("per_page") ?? 30);
  const page = Number(url.searchParams.get("page") ?? 1);
  const visible = repo.releases.filter(({ draft }) => canWrite || !draft);
  const listed = visible.slice((page - 1) * size, page * size);
  const link: string[] = [];
  if (page * size < visible.length) {
    url.searchParams.set("page", String(page + 1));
    link.push(`<${url.href}>; rel="next"`);
    url.searchParams.set("page", String(Math.ceil(visible.length / size)));
    link.push(`<${url.href}>; rel="last"`);
  }
  const body = listed.map((release) => releaseJson(release, place));
  return json(
    body,
    request,
    link.length === 0 ? {} : { link: link.join(", ") },
  );
}

async function upload(call: Call, rest: string): Promise<Response> {
  const { request, place, repo, canWrite } = call;
  const [, id] = /^\/([0-9]+)\/assets$/.exec(rest) ?? [];
  const release = repo.releases.find((release) => release.id === Number(id));
  if (release === undefined) return problem(404, "Not Found");
  if (!canWrite) {
    return problem(403, "Resource not accessible by personal access token");
  }
  const name = new URL(request.url).searchParams.get("name") ?? "";
  if (release.assets.some((asset) => asset.name === name)) {
    const errors = [{
      resource: "ReleaseAsset",
      code: "already_exists",
      field: "name",
    }];
    return problem(422, "Validation Failed", { errors });
  }
  const asset = repo.addAsset(release, name, {
    content: new Uint8Array(await request.arrayBuffer()),
    contentType: request.headers.get("content-type") ?? "",
  });
  return Response.json(assetJson(asset, place), { status: 201 });
}

function json(
  body: unknown,
  request: Request,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const text = JSON.stringify(body);
  const etag = `W/"${createHash("sha256").update(text).digest("hex")}"`;
  const all = { ...headers, etag, "x-ratelimit-limit": "5000" };
  if (request.headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers: all });
  }
  const type = { "content-type": "application/json; charset=utf-8" };
  return new Response(text, { headers: { ...all, ...type } });
}

/** Returns an answer that is no success, as GitHub words it. */
export function problem(
  status: number,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): Response {
  const url = "https://docs.github.com/rest";
  return Response.json(
    { message, documentation_url: url, status: String(status), ...more },
    { status },
  );
}
