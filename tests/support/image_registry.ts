import { createHash } from "node:crypto";
import { installRegistry } from "../../scripts/services/registry.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import { TempDir } from "./temp_dir.ts";

/** What a registry lets in. */
export type ImageRegistryAuth =
  | { readonly kind: "none" }
  /** {@link BASIC_USER}, by HTTP Basic. */
  | { readonly kind: "basic" }
  /** Who has a token of a realm that signs with this certificate. */
  | {
    readonly kind: "token";
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly certificate: string;
  };

/** How a registry is started. */
export interface ImageRegistryOptions {
  /** Debian's, which gives all tags at once, or the newest of the CNCF, which has pages. */
  readonly line: "debian" | "newest";
  readonly auth?: ImageRegistryAuth;
  /** Files for TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** The user of registries with Basic authentication. */
export const BASIC_USER = { username: "dewy", password: "pa:ss word-π" };
const BASIC_HASH =
  "$2y$04$wmSKDwDTsmDABmBuEqn8QulFv3asF4Y1LK20MpOi5CMVFzqMURo2O";

/** A container registry on loopback, the real program; its images are in a folder of its own. */
export class ImageRegistry implements AsyncDisposable {
  /** `127.0.0.1:5000`. */
  readonly host: string;
  readonly origin: string;
  readonly #command: Deno.Command;
  readonly #folder: TempDir;
  #child: Deno.ChildProcess | undefined;

  private constructor(
    command: Deno.Command,
    folder: TempDir,
    origin: string,
  ) {
    this.#command = command;
    this.#child = command.spawn();
    this.#folder = folder;
    this.origin = origin;
    this.host = new URL(origin).host;
  }

  static async start(options: ImageRegistryOptions): Promise<ImageRegistry> {
    const program = options.line === "debian"
      ? "docker-registry"
      : await installRegistry();
    const folder = await TempDir.create();
    const port = freePort();
    const config = folder.join("config.json");
    const content = await configOf(options, { folder, port });
    await Deno.writeTextFile(config, JSON.stringify(content));
    const command = new Deno.Command(program, {
      args: ["serve", config],
      env: { OTEL_TRACES_EXPORTER: "none" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    const scheme = options.tls === undefined ? "http" : "https";
    const origin = `${scheme}://127.0.0.1:${port}`;
    const registry = new ImageRegistry(command, folder, origin);
    await registry.#listens();
    return registry;
  }

  /** Ends the registry; its images stay. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
    await child?.status;
  }

  /** Starts it again where it was. */
  async restart(): Promise<void> {
    this.#child = this.#command.spawn();
    await this.#listens();
  }

  async #listens(): Promise<void> {
    const port = Number(new URL(this.origin).port);
    await eventually(() => answers(port), { message: "the registry listens" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#folder[Symbol.asyncDispose]();
  }

  /** Where the tags of a repository lie: one folder for each, which makes many quickly. */
  tagFolder(repository: string): string {
    return this.#folder.join(
      `data/docker/registry/v2/repositories/${repository}/_manifests/tags`,
    );
  }
}

/** Returns `sha256:…` of some bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function answers(port: number): Promise<boolean> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.close();
  return true;
}

/** JSON is YAML, too. */
async function configOf(
  { auth = { kind: "none" }, tls }: ImageRegistryOptions,
  { folder, port }: { readonly folder: TempDir; readonly port: number },
): Promise<unknown> {
  return {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: folder.join("data") },
      delete: { enabled: true },
      // Its own clean-up would be under way in each test.
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: "only for tests",
      ...(tls === undefined
        ? {}
        : { tls: { certificate: tls.cert, key: tls.key } }),
    },
    ...await authOf(auth, folder),
  };
}

async function authOf(
  auth: ImageRegistryAuth,
  folder: TempDir,
): Promise<object> {
  switch (auth.kind) {
    case "none":
      return {};
    case "basic": {
      const path = folder.join("htpasswd");
      await Deno.writeTextFile(path, `${BASIC_USER.username}:${BASIC_HASH}\n`);
      return { auth: { htpasswd: { realm: "dewy tests", path } } };
    }
    case "token": {
      const { realm, service, issuer, certificate: rootcertbundle } = auth;
      return { auth: { token: { realm, service, issuer, rootcertbundle } } };
    }
    default:
      return auth satisfies never;
  }
}
