import assert from "node:assert/strict";
import type { EngineKind } from "../../src/client/engine_types.ts";
import { DewyProcess } from "./dewy_process.ts";
import { TestEngine } from "./engine.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import { ImageRegistry, type ImageRegistryAuth } from "./image_registry.ts";
import { importImage } from "./import_image.ts";
import {
  deleteLayer,
  type PushedImage,
  pushImage,
  pushIndex,
  type PushTarget,
} from "./push_image.ts";
import { TempDir } from "./temp_dir.ts";
import type { TestImage } from "./test_image.ts";

/** What a {@link ContainerBench} differs in. */
export interface ContainerBenchOptions {
  /** What the registry lets in; everybody when left out. */
  readonly auth?: ImageRegistryAuth;
  /** What stands in Docker's `daemon.json`. */
  readonly daemon?: object;
  /** As whom images are pushed. */
  readonly pusher?: Omit<PushTarget, "origin">;
}

/** A container as `docker ps` has it. */
export type ListedContainer = Readonly<Record<string, unknown>> & {
  readonly Id: string;
  readonly State: string;
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Ports?: readonly {
    readonly IP?: string;
    readonly PublicPort?: number;
  }[];
};

interface Parts extends ContainerBenchOptions {
  readonly engine: TestEngine;
  readonly registry: ImageRegistry;
  readonly folder: TempDir;
}

/** An engine and a registry of images, both real, and a directory for dewy. */
export class ContainerBench implements AsyncDisposable {
  /** Port that the proxy listens on. */
  readonly port = freePort();
  /** For a second port of the proxy. */
  readonly otherPort = freePort();
  readonly adminPort = freePort();
  readonly #parts: Parts;
  readonly #name: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Parts,
    name: string,
    stack: AsyncDisposableStack,
  ) {
    this.#parts = parts;
    this.#name = name;
    this.#stack = stack;
  }

  static async start(
    kind: EngineKind,
    options: ContainerBenchOptions = {},
  ): Promise<ContainerBench> {
    await using stack = new AsyncDisposableStack();
    const { auth = { kind: "none" }, daemon } = options;
    const engine = stack.use(await TestEngine.start(kind, daemon));
    const registry = stack.use(
      await ImageRegistry.start({ line: "debian", auth }),
    );
    const folder = stack.use(await TempDir.create());
    const parts = { engine, registry, folder, ...options };
    return new ContainerBench(parts, "team/web", stack.move());
  }

  get engine(): TestEngine {
    return this.#parts.engine;
  }

  get registry(): ImageRegistry {
    return this.#parts.registry;
  }

  get folder(): TempDir {
    return this.#parts.folder;
  }

  /** `127.0.0.1:5000/team/web`, or that of a sibling. */
  get repository(): string {
    return `${this.registry.host}/${this.#name}`;
  }

  /** Another application on the same engine, which this one must outlive. */
  async sibling(name: string): Promise<ContainerBench> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await TempDir.create());
    const parts = { ...this.#parts, folder };
    return new ContainerBench(parts, name, stack.move());
  }

  /** Pushes an image of the sample application. */
  async publish(
    tag: string,
    image: Partial<TestImage> = {},
  ): Promise<PushedImage> {
    const { repository } = this;
    return await pushImage(this.#target, { repository, tag, ...image });
  }

  /** Makes an image as `docker import` does, and has the engine push it. */
  async publishImported(tag: string): Promise<void> {
    const { repository } = this;
    await importImage(this.engine.socket, { repository, tag });
  }

  /** Pushes an index of images for several processors; each answers `TAG-PROCESSOR`. */
  async publishIndex(
    tag: string,
    architectures: readonly string[],
  ): Promise<void> {
    const { repository } = this;
    await pushIndex(this.#target, { repository, tag }, architectures);
  }

  /** Pushes an image one layer of which the registry has lost. */
  async publishBroken(tag: string): Promise<void> {
    const { layers } = await this.publish(tag, { extra: `layer of ${tag}` });
    const { repository } = this;
    await deleteLayer(this.#target, { repository, tag }, layers.at(-1) ?? "");
  }

  get #target(): PushTarget {
    return { origin: this.registry.origin, ...this.#parts.pusher };
  }

  /** Starts `dewy container` on the repository. */
  dewy(...args: readonly string[]): DewyProcess {
    return this.dewyWith({}, ...args);
  }

  /** The same with further variables. */
  dewyWith(
    env: Readonly<Record<string, string>>,
    ...args: readonly string[]
  ): DewyProcess {
    return this.dewyAs(undefined, env, ...args);
  }

  /** The same as another group. */
  dewyAs(
    gid: number | undefined,
    env: Readonly<Record<string, string>>,
    ...args: readonly string[]
  ): DewyProcess {
    return DewyProcess.start({
      gid,
      cwd: this.folder.path,
      args: [
        "container",
        ...["--registry", `img://${this.repository}`],
        ...["--port", `${this.port}`, "--interval", "1"],
        ...["--admin-port", `${this.adminPort}`],
        ...["--runtime", this.engine.kind, "--drain-time", "5"],
        ...args,
      ],
      env: { ...this.engine.env, ...env },
    });
  }

  /** Asks the application through the proxy; the answer is its version. */
  async ask(path = "/", init: RequestInit = {}): Promise<string> {
    const url = `http://127.0.0.1:${this.port}${path}`;
    const response = await fetch(url, init);
    const text = (await response.text()).trim();
    return response.ok ? text : `${response.status} ${text}`;
  }

  /** Waits until the application answers with a version. */
  async answers(version: string): Promise<void> {
    await eventually(async () => await this.ask() === version, {
      message: `${version} answers`,
    });
  }

  /** Returns the identifier of the image of a container. */
  async imageOf(id: string): Promise<string> {
    const details = await this.request("GET", `/containers/${id}/json`);
    const { Image } = JSON.parse(details) as { readonly Image: string };
    return Image;
  }

  /** Ends a container as a crash would. */
  async killContainer(id: string): Promise<void> {
    await this.request("POST", `/containers/${id}/kill`);
  }

  /** The containers of dewy that are there, whether they run or not. */
  async containers(): Promise<readonly ListedContainer[]> {
    const filters = JSON.stringify({ label: ["dewy.managed=true"] });
    const query = new URLSearchParams({ all: "1", filters });
    return JSON.parse(
      await this.request("GET", `/containers/json?${query}`),
    );
  }

  /** Waits until there are so many containers, of one version, that all run, and returns them. */
  async settles(
    count: number,
    version: string,
  ): Promise<readonly ListedContainer[]> {
    return await eventually(async () => {
      const all = await this.containers();
      const shown = all.map(({ State, Labels }) =>
        `${State} ${Labels["dewy.version"]}`
      );
      const wanted = Array.from({ length: count }, () => `running ${version}`);
      assert.deepEqual(shown, wanted);
      return all;
    }, { message: `${count} of ${version} run`, timeoutMs: 30_000 });
  }

  /** Asks the engine for what dewy never does, and returns what it says. */
  async request(
    method: string,
    path: string,
    body?: object,
  ): Promise<string> {
    using client = Deno.createHttpClient({
      proxy: { transport: "unix", path: this.engine.socket },
    });
    const response = await fetch(`http://docker.invalid/v1.41${path}`, {
      client,
      method,
      ...(body === undefined ? {} : {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
