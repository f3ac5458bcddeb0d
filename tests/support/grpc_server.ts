import { fileURLToPath } from "node:url";
import {
  GRPCIO_PYTHON,
  GRPCIO_SERVER,
  installGrpcio,
} from "../../scripts/services/grpcio.ts";
import { TempDir } from "./temp_dir.ts";

const PROTO = fileURLToPath(
  new URL("../../src/client/proto/dewy.proto", import.meta.url),
);

/** What the server answers, as grpcio_server.py reads it. */
export interface GrpcServerState {
  /** Of these the newest that has an artifact for the asking host; URLs by artifact name. */
  readonly versions?: readonly {
    readonly tag: string;
    readonly artifacts: Readonly<Record<string, string>>;
    /** Unix seconds. */
    readonly "created_at"?: number;
  }[];
  readonly answer?: {
    readonly id?: string;
    readonly tag?: string;
    readonly "artifact_url"?: string;
    readonly "created_at"?: number;
  };
  readonly error?: {
    readonly code: string;
    readonly details?: string;
    readonly metadata?: Readonly<Record<string, string>>;
  };
  /** Whether pre-releases among `versions` count. */
  readonly "pre_release"?: boolean;
  /** Whether `versions` are sorted by their numbers, however many. */
  readonly calver?: boolean;
  /** How long each call takes, seconds. */
  readonly delay?: number;
}

/** One call that arrived. */
export interface GrpcCall {
  readonly call: "Current" | "Report";
  readonly [field: string]: string;
}

/** How a {@link GrpcServer} listens. */
export interface GrpcServerOptions {
  /** IP address; IPv6 in brackets. @default "127.0.0.1" */
  readonly host?: string;
  /** Files of its certificate, for TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A registry server on Python's grpcio, in a process of its own. */
export class GrpcServer implements AsyncDisposable {
  /** Host and port; it stays the same over {@link GrpcServer.restart}. */
  address = "";
  #temp: TempDir;
  #options: GrpcServerOptions;
  #child: Deno.ChildProcess | undefined;

  private constructor(temp: TempDir, options: GrpcServerOptions) {
    this.#temp = temp;
    this.#options = options;
  }

  static async start(options: GrpcServerOptions = {}): Promise<GrpcServer> {
    await installGrpcio();
    const server = new GrpcServer(await TempDir.create(), options);
    await server.answer({});
    await server.restart();
    return server;
  }

  /** Changes what it answers from now on. */
  async answer(state: GrpcServerState): Promise<void> {
    const path = this.#temp.join("state.json");
    await Deno.writeTextFile(`${path}.new`, JSON.stringify(state));
    await Deno.rename(`${path}.new`, path);
  }

  /** The calls so far. */
  async calls(kind?: GrpcCall["call"]): Promise<GrpcCall[]> {
    const text = await Deno.readTextFile(this.#temp.join("state.json.calls"))
      .catch((error) => {
        if (error instanceof Deno.errors.NotFound) return "";
        throw error;
      });
    return text.split("\n").filter((line) => line !== "")
      .map((line): GrpcCall => JSON.parse(line))
      .filter(({ call }) => kind === undefined || call === kind);
  }

  signal(signal: Deno.Signal): void {
    this.#child?.kill(signal);
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    this.signal("SIGKILL");
    await this.#child.status;
    this.#child = undefined;
  }

  /** Starts it on its former port, after {@link GrpcServer.kill}. */
  async restart(): Promise<void> {
    const { host = "127.0.0.1", tls } = this.#options;
    const port = /:(\d+)$/.exec(this.address)?.[1] ?? "0";
    const child = new Deno.Command(GRPCIO_PYTHON, {
      args: [
        GRPCIO_SERVER,
        ...["--proto", PROTO, "--state", this.#temp.join("state.json")],
        ...["--host", host, "--port", port],
        ...(tls === undefined ? [] : ["--cert", tls.cert, "--key", tls.key]),
      ],
      env: { GRPC_VERBOSITY: "NONE" },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#child = child;
    this.address = `${host}:${await listeningPort(child)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#temp[Symbol.asyncDispose]();
  }
}

async function listeningPort(child: Deno.ChildProcess): Promise<string> {
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    const port = /listening (\d+)\n/.exec(output)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error(`The gRPC server does not listen: ${output}`);
}
