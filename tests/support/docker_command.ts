import { TempDir } from "./temp_dir.ts";

/** A create request as the docker command sent it. */
export interface SentCreate {
  readonly body: Record<string, unknown>;
  readonly name: string | null;
  readonly platform: string | null;
}

/** A daemon that only records what it is to create, for the real docker command to talk to. */
export class RecordingDaemon implements AsyncDisposable {
  readonly #folder: TempDir;
  readonly #server: Deno.HttpServer<Deno.UnixAddr>;
  #sent: SentCreate | undefined;

  private constructor(folder: TempDir) {
    this.#folder = folder;
    this.#server = Deno.serve(
      { path: `${folder.path}/docker.sock`, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  static async start(): Promise<RecordingDaemon> {
    return new RecordingDaemon(await TempDir.create());
  }

  /** The folder the command runs in. */
  get workdir(): string {
    return this.#folder.path;
  }

  /** Runs `docker create` and returns what it sent, or what it said when it sent nothing. */
  async create(
    options: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<SentCreate | string> {
    this.#sent = undefined;
    const { stderr } = await new Deno.Command("docker", {
      args: ["create", ...options, "image:1"],
      cwd: this.workdir,
      clearEnv: true,
      env: {
        ...env,
        PATH: Deno.env.get("PATH") ?? "",
        DOCKER_HOST: `unix://${this.workdir}/docker.sock`,
        DOCKER_CONFIG: this.workdir,
      },
      stdin: "null",
    }).output();
    return this.#sent ?? new TextDecoder().decode(stderr);
  }

  /** Returns the first number of the docker command's version. */
  async clientMajor(): Promise<number> {
    const { stdout } = await new Deno.Command("docker", {
      args: ["--version"],
    }).output();
    const text = new TextDecoder().decode(stdout);
    return Number(/version (\d+)/.exec(text)?.[1]);
  }

  async #answer(request: Request): Promise<Response> {
    const headers = { "Api-Version": "1.50", "OSType": "linux" };
    const { pathname, searchParams } = new URL(
      request.url.replace(/^http\+unix:\/\/[^/]*/, "http://daemon"),
    );
    if (pathname.endsWith("/_ping")) return new Response("OK", { headers });
    if (!pathname.endsWith("/containers/create")) {
      return Response.json({ message: "Not recorded" }, { status: 404 });
    }
    this.#sent = {
      body: await request.json(),
      name: searchParams.get("name"),
      platform: searchParams.get("platform"),
    };
    const answer = { Id: "0".repeat(64), Warnings: [] };
    return Response.json(answer, { status: 201, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Mappings whose entries say something also when they are empty. */
const MAPPINGS = new Set([
  ...["Labels", "Tmpfs", "Volumes", "ExposedPorts", "StorageOpt", "Sysctls"],
  ...["Options", "Config", "Annotations", "PortBindings"],
]);

/**
 * Leaves out what an engine reads as not given: nulls, zeros, empty texts and
 * rows, and the defaults that the docker command always sends.
 */
export function withoutDefaults(body: unknown): unknown {
  return strip(body, "") ?? {};
}

function strip(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0 || key === "ConsoleSize") return undefined;
    const items = value.map((item) => strip(item, "") ?? item);
    return asSet(items, key);
  }
  if (typeof value !== "object" || value === null) {
    return isDefault(value, key) ? undefined : value;
  }
  const entries = Object.entries(value)
    .map(([name, entry]) => [
      name,
      strip(entry, name) ?? (MAPPINGS.has(key) ? entry : undefined),
    ])
    .filter(([, entry]) => entry !== undefined);
  if (entries.length === 0) return undefined;
  if (key === "RestartPolicy" && entries[0]?.[1] === "no") return undefined;
  return Object.fromEntries(entries);
}

function isDefault(value: unknown, key: string): boolean {
  if (key === "AttachStdout" || key === "AttachStderr") return true;
  if (key === "MemorySwappiness") return value === -1;
  if (key === "NetworkMode") return value === "default";
  return value === null || value === 0 || value === "" || value === false;
}

/** Rows that the docker command keeps in a map and sends in any order. */
const SETS = new Set(["Binds", "CapDrop", "Env", "Ulimits"]);

function asSet(items: readonly unknown[], key: string): readonly unknown[] {
  if (!SETS.has(key)) return items;
  // An engine takes the last of a variable, and the docker command may send more.
  const kept = key !== "Env" ? items : new Map(
    items.map((item) => [String(item).split("=", 1)[0], item]),
  ).values();
  return [...kept].sort((a, b) =>
    JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
  );
}
