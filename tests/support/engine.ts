import { EngineClient } from "../../src/client/engine_client.ts";
import type { EngineLimits } from "../../src/client/engine_session.ts";
import type { EngineKind } from "../../src/client/engine_types.ts";
import {
  ENGINE_KEEPER,
  type EnginePlace,
  engineSocket,
  prepareDocker,
  preparePodman,
  removePodmanContainers,
} from "../../scripts/services/engines.ts";
import { run } from "../../scripts/services/install.ts";
import { eventually } from "./eventually.ts";
import { ServiceProcess } from "./service_process.ts";

/** Both engines, for tests that hold for either. */
export const ENGINE_KINDS: readonly EngineKind[] = ["docker", "podman"];

/** Within this time an engine answers after its start, milliseconds. */
const START_MS = 30_000;
const PREPARE = { docker: prepareDocker, podman: preparePodman } as const;

/**
 * A container engine of its own: with its own socket, storage and network, that
 * share nothing with those of the machine. What it leaves behind goes with it,
 * also when the tests are killed.
 */
export class TestEngine implements AsyncDisposable {
  readonly kind: EngineKind;
  readonly #place: EnginePlace;
  readonly #group: string;
  readonly #keeper: ServiceProcess;
  readonly #command: readonly string[];
  #daemon: Deno.ChildProcess | undefined;

  private constructor(
    kind: EngineKind,
    parts: {
      readonly place: EnginePlace;
      readonly group: string;
      readonly keeper: ServiceProcess;
      readonly command: readonly string[];
    },
  ) {
    this.kind = kind;
    this.#place = parts.place;
    this.#group = parts.group;
    this.#keeper = parts.keeper;
    this.#command = parts.command;
  }

  /**
   * Starts an engine and waits until it answers.
   *
   * @param daemon What stands in Docker's `daemon.json`.
   */
  static async start(
    kind: EngineKind,
    daemon: object = {},
  ): Promise<TestEngine> {
    const folder = await Deno.makeTempDir({ prefix: `dewy-${kind}-` });
    const atEnd = kind === "podman" ? removePodmanContainers(folder) : [];
    const keeper = ServiceProcess.start([ENGINE_KEEPER, folder, ...atEnd]);
    const [number, group = ""] = (await keeper.firstLine()).split(" ");
    const place = { folder, number: Number(number) };
    const command = await PREPARE[kind](place, daemon);
    const engine = new TestEngine(kind, { place, group, keeper, command });
    await engine.startDaemon();
    return engine;
  }

  get socket(): string {
    return engineSocket(this.#place);
  }

  /** What the engine printed. */
  get log(): string {
    return `${this.#place.folder}/log`;
  }

  /** Returns a client of it, which the caller disposes of. */
  client(limits: EngineLimits = {}): EngineClient {
    const { kind, socket: path } = this;
    return new EngineClient({ kind, path, from: "test" }, limits);
  }

  /** Makes a bridge, which goes with the engine. */
  async createNetwork(
    name: string,
    options: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { number } = this.#place;
    await this.post("/networks/create", {
      Name: name,
      IPAM: { Config: [{ Subnet: `10.237.${number}.128/25` }] },
      Options: {
        "com.docker.network.bridge.name": `dewy${number}b`,
        ...options,
      },
    });
  }

  /** Asks for what dewy never does, such as a pause. */
  async post(path: string, body: object = {}): Promise<void> {
    using http = Deno.createHttpClient({
      proxy: { transport: "unix", path: this.socket },
    });
    const response = await fetch(`http://docker.invalid/v1.41${path}`, {
      client: http,
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await response.text();
    if (!response.ok) throw new Error(`POST ${path}: ${said}`);
  }

  /** The variables that have dewy, `docker` and `podman` talk to it. */
  get env(): Readonly<Record<string, string>> {
    const host = `unix://${this.socket}`;
    return this.kind === "docker"
      ? { DOCKER_HOST: host }
      : { CONTAINER_HOST: host };
  }

  /** Starts the engine's process again, and waits until it answers. */
  async startDaemon(): Promise<void> {
    const script = 'echo $$ >"$0"; log=$1; shift; exec "$@" >>"$log" 2>&1';
    const procs = `${this.#group}/engine/cgroup.procs`;
    const args = ["-c", script, procs, this.log, ...this.#command];
    this.#daemon = new Deno.Command("sh", {
      args,
      // Podman's monitor leaves a file where it runs when a container runs out of memory.
      cwd: this.#place.folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    using client = this.client();
    await eventually(
      () => client.version(AbortSignal.timeout(START_MS)),
      { message: `${this.kind} answers`, timeoutMs: START_MS },
    );
  }

  /** Sends a signal to the engine's process only: containers do not get it. */
  signalDaemon(signal: Deno.Signal): void {
    this.#daemon?.kill(signal);
  }

  /** Ends the engine's process with a signal, and waits until it has ended. */
  async endDaemon(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#daemon?.kill(signal);
    await this.#daemon?.status;
    this.#daemon = undefined;
    // Its helper dies a moment later; the next one would take it for its own.
    const stale = `${this.#place.folder}/exec/containerd/containerd.pid`;
    await run(["rm", "-f", stale]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.finish();
    await this.#daemon?.status;
  }
}

/** An engine that the tests of one file share. */
export interface SharedEngine {
  /** Only while tests run. */
  readonly engine: TestEngine;
}

/**
 * Registers an engine that is started before the first test of the file, and
 * stopped after its last one.
 *
 * @param prepare Done once, after the start.
 */
export function sharedEngine(
  kind: EngineKind,
  prepare: (engine: TestEngine) => Promise<void> = () => Promise.resolve(),
): SharedEngine {
  let started: TestEngine | undefined;
  Deno.test.beforeAll(async () => {
    started = await TestEngine.start(kind);
    await prepare(started);
  });
  Deno.test.afterAll(() => started?.[Symbol.asyncDispose]());
  return {
    get engine(): TestEngine {
      if (started === undefined) throw new Error(`${kind} is not started`);
      return started;
    },
  };
}
