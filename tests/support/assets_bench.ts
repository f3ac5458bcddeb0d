import assert from "node:assert/strict";
import type { DeployEvent } from "../../src/base/event.ts";
import { parseCommand } from "../../src/cli/args.ts";
import { compose } from "../../src/cli/compose.ts";
import type { Program } from "../../src/cli/compose_parts.ts";
import {
  type ActionResult,
  OperationError,
  type OperationErrorCode,
  type Operations,
  type OperatorAction,
  type Status,
} from "../../src/supervisor/operations.ts";
import { eventually } from "./eventually.ts";
import { RegistryFolder } from "./registry_folder.ts";
import { TempDir } from "./temp_dir.ts";

const NEVER = new AbortController().signal;

/** `dewy assets` in this process, with a registry and a working directory of its own. */
export class AssetsBench implements AsyncDisposable {
  readonly registry: RegistryFolder;
  readonly workdir: string;
  readonly events: DeployEvent[] = [];
  #temp: TempDir;
  #program: Program | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(temp: TempDir, registry: RegistryFolder) {
    this.#temp = temp;
    this.registry = registry;
    this.workdir = temp.join("work");
  }

  static async create(): Promise<AssetsBench> {
    const temp = await TempDir.create();
    await Deno.mkdir(temp.join("work"));
    const registry = await RegistryFolder.create(temp.join("registry"));
    return new AssetsBench(temp, registry);
  }

  /** Starts one and brings versions into service, one after the other. */
  static async deployed(...versions: readonly string[]): Promise<AssetsBench> {
    const bench = await AssetsBench.create();
    const [first = "", ...others] = versions;
    await bench.registry.publish(first);
    await bench.start();
    await bench.serves(first);
    for (const version of others) {
      await bench.registry.publish(version);
      await bench.act({ kind: "deploy" });
      await bench.serves(version);
    }
    return bench;
  }

  /** What an operator can ask of it. */
  get operations(): Operations {
    assert.ok(this.#program !== undefined, "dewy was not started");
    return this.#program.operations;
  }

  /** Starts it; the interval is so long that only orders make it look again, unless `args` have another. */
  async start(...args: readonly string[]): Promise<void> {
    const words = ["assets", "--registry", this.registry.url];
    const given = ["--interval", "1h", "--keep-releases", "2", ...args];
    const command = parseCommand([...words, ...given], {});
    assert.ok(command.kind === "assets");
    this.#stop = new AbortController();
    this.#program = await compose({
      settings: command.settings,
      root: this.workdir,
      env: {},
      hostname: "Web1",
      inheritedSockets: 0,
      emit: (event) => this.events.push(event),
      redact: (text) => text,
      metrics: undefined,
    });
    this.#running = this.#program.supervisor.run(this.#stop.signal);
  }

  /** Stops it as a signal does. */
  async stop(): Promise<void> {
    this.#stop.abort(new DOMException("Stopped by a test", "AbortError"));
    await this.#running;
    await this.#program?.[Symbol.asyncDispose]();
    this.#program = undefined;
  }

  act(action: OperatorAction): Promise<ActionResult> {
    return this.operations.act(action, NEVER);
  }

  /** Checks that an action is refused, and that it is said what to do. */
  async refused(
    action: OperatorAction,
    code: OperationErrorCode,
    message = /./,
  ): Promise<void> {
    await assert.rejects(this.act(action), (error) => {
      assert.ok(error instanceof OperationError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(error.hint !== undefined, "says what to do");
      return true;
    });
  }

  status(): Promise<Status> {
    return this.operations.status(NEVER);
  }

  /** Waits until it has nothing to do and `version` is in service. */
  async serves(version: string): Promise<Status> {
    return await eventually(async () => {
      const status = await this.status();
      const isThere = status.current?.version === version &&
        status.phase === "waiting" && status.deploying === undefined;
      return isThere ? status : undefined;
    }, { timeoutMs: 20_000, message: `${version} is in service` });
  }

  /** Returns what the file `VERSION` of the release in service says. */
  async served(): Promise<string> {
    const text = await Deno.readTextFile(`${this.workdir}/current/VERSION`);
    return text.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#program !== undefined) await this.stop();
    await this.#temp[Symbol.asyncDispose]();
  }
}
