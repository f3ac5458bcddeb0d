import { DewyProcess } from "./dewy_process.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import { get } from "./http_connection.ts";
import {
  killProcessesOf,
  type ProcessInfo,
  workersOf,
} from "./process_table.ts";
import { type PublishOptions, RegistryFolder } from "./registry_folder.ts";
import { TempDir } from "./temp_dir.ts";

/** How dewy is started on a bench. */
export interface StartOptions {
  /** Further options of `dewy server`. */
  readonly args?: readonly string[];
  /** For `--registry`; left out: the folder of the bench. */
  readonly registry?: string;
  /** Left out: the free port of the bench. */
  readonly ports?: readonly string[];
  /** The application; left out: `app.mjs` in the current release, where {@link ServerBench.publish} puts it. */
  readonly program?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a JavaScript file of the current release with the Deno of this test. */
export function denoProgram(file: string): readonly string[] {
  return [Deno.execPath(), "run", "-A", "--no-config", "--unstable-net", file];
}

/** A working directory, a registry and a free port for one test; all that ran there ends with it. */
export class ServerBench implements AsyncDisposable {
  readonly port = freePort();
  readonly registry: RegistryFolder;
  /** dewy's working directory. */
  readonly workdir: string;
  #temp: TempDir;
  #started: DewyProcess[] = [];

  private constructor(temp: TempDir, registry: RegistryFolder) {
    this.#temp = temp;
    this.registry = registry;
    this.workdir = temp.join("work");
  }

  static async create(): Promise<ServerBench> {
    const temp = await TempDir.create();
    await Deno.mkdir(temp.join("work"));
    return new ServerBench(
      temp,
      await RegistryFolder.create(temp.join("registry")),
    );
  }

  /**
   * Publishes a version whose application is a fixture program, `web.mjs` when
   * left out, under the name `app.mjs`; `web.mjs` is beside it for import.
   */
  async publish(tag: string, options: PublishOptions = {}): Promise<void> {
    const { program = "web.mjs", files = {} } = options;
    const web = await Deno.readFile(
      new URL("../fixtures/programs/web.mjs", import.meta.url),
    );
    await this.registry.publish(tag, {
      ...options,
      program,
      programAs: "app.mjs",
      files: { "web.mjs": web, ...files },
    });
  }

  /** Returns a path beside the working directory. */
  path(...parts: readonly string[]): string {
    return this.#temp.join(...parts);
  }

  /** Starts `dewy server` with a short interval and confirm time. */
  start(options: StartOptions = {}): DewyProcess {
    const dewy = DewyProcess.start({
      cwd: this.workdir,
      args: this.serverArgs(options),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    this.#started.push(dewy);
    return dewy;
  }

  /** Returns the command line of {@link ServerBench.start}. */
  serverArgs(options: StartOptions = {}): readonly string[] {
    const {
      args = [],
      registry = this.registry.url,
      ports = [String(this.port)],
      program = denoProgram("current/app.mjs"),
    } = options;
    return [
      "server",
      "--registry",
      registry,
      "--interval",
      "200ms",
      "--confirm-time",
      "500ms",
      ...ports.flatMap((port) => ["--port", port]),
      ...args,
      "--",
      ...program,
    ];
  }

  /** Asks the application for its version. */
  async version(path = "/"): Promise<string> {
    const { body } = await get({ port: this.port }, path);
    return body.split(" ")[0] ?? "";
  }

  /** Waits until the application answers with `version`. */
  async serves(version: string, timeoutMs = 20_000): Promise<void> {
    await eventually(async () => await this.version() === version, {
      timeoutMs,
      message: `${version} is served`,
    });
  }

  /** Returns the workers that run. */
  workers(): Promise<ProcessInfo[]> {
    return workersOf(this.workdir);
  }

  /** Waits until exactly one worker runs, and returns it. */
  async oneWorker(timeoutMs = 10_000): Promise<ProcessInfo> {
    return await eventually(async () => {
      const [worker, ...others] = await this.workers();
      return others.length === 0 ? worker : undefined;
    }, { timeoutMs, message: "exactly one worker runs" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dewy of this.#started) await dewy[Symbol.asyncDispose]();
    await killProcessesOf(this.workdir);
    await this.#temp[Symbol.asyncDispose]();
  }
}
