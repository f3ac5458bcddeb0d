import { fileURLToPath } from "node:url";
import { installPrism } from "../../scripts/services/prism.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import type { GithubServer } from "./github_server.ts";
import { ServiceProcess } from "./service_process.ts";

const DESCRIPTION = fileURLToPath(
  new URL("../fixtures/github/api.json", import.meta.url),
);

/** Something that is not as GitHub describes its API. */
export interface Violation {
  readonly method: string;
  readonly path: string;
  /** Of the answer. */
  readonly status: number;
  readonly location: readonly string[];
  readonly severity: string;
  readonly message: string;
}

/**
 * Holds what goes to and comes from a {@link GithubServer} against GitHub's own
 * description of its API: requests go through Prism, and what that finds is
 * noted. Downloads pass by, since the description has no word on their bytes.
 */
export class GithubContract implements AsyncDisposable {
  readonly violations: Violation[] = [];
  /** Requests that were held against the description. */
  checked = 0;
  #front: Deno.HttpServer<Deno.NetAddr>;
  #behind: Deno.HttpServer<Deno.NetAddr>;
  #prism: ServiceProcess;
  #prismUrl: string;

  private constructor(
    server: GithubServer,
    behind: Deno.HttpServer<Deno.NetAddr>,
    prism: { readonly process: ServiceProcess; readonly url: string },
  ) {
    this.#behind = behind;
    this.#prism = prism.process;
    this.#prismUrl = prism.url;
    this.#front = serve((request) => this.#check(server, request));
    server.shownOrigin = originOf(this.#front);
  }

  /** Stands in front of `server` from now on. */
  static async start(server: GithubServer): Promise<GithubContract> {
    const behind = serve((request) => {
      const { pathname, search } = new URL(request.url);
      const isUpload = /\/releases\/[0-9]+\/assets$/.test(pathname);
      const prefix = isUpload ? "/api/uploads" : "/api/v3";
      return forward(request, server.origin + prefix + pathname + search);
    });
    const port = freePort();
    const command = await installPrism();
    const process = ServiceProcess.start([
      ...command,
      "proxy",
      "--port",
      String(port),
      "--verboseLevel",
      "silent",
      DESCRIPTION,
      originOf(behind),
    ]);
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => {
      const answer = await fetch(`${url}/repos/o/none/releases`);
      await answer.body?.cancel();
      return true;
    }, { message: "Prism answers", timeoutMs: 60_000 });
    return new GithubContract(server, behind, { process, url });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#front.shutdown();
    await this.#prism[Symbol.asyncDispose]();
    await this.#behind.shutdown();
  }

  async #check(server: GithubServer, request: Request): Promise<Response> {
    const { method, headers } = request;
    const { pathname, search } = new URL(request.url);
    if (headers.get("accept")?.includes("octet-stream")) {
      return await forward(request, server.origin + pathname + search);
    }
    const path = pathname.replace(/^\/api\/(?:v3|uploads)/, "");
    const answer = await forward(request, this.#prismUrl + path + search);
    this.checked++;
    const found = JSON.parse(answer.headers.get("sl-violations") ?? "[]");
    for (const violation of found) {
      this.violations.push({
        ...violation,
        method,
        path,
        status: answer.status,
      });
    }
    if (answer.headers.get("content-type") === "application/problem+json") {
      throw new Error(`Prism fails: ${await answer.text()}`);
    }
    return answer;
  }
}

function serve(
  handle: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    handle,
  );
}

function originOf({ addr }: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://127.0.0.1:${addr.port}`;
}

async function forward(request: Request, url: string): Promise<Response> {
  const { method } = request;
  const headers = new Headers(request.headers);
  headers.delete("host");
  const body = await request.arrayBuffer();
  return await fetch(url, {
    method,
    headers,
    redirect: "manual",
    ...(body.byteLength === 0 ? {} : { body }),
  });
}
