import assert from "node:assert/strict";
import type { EngineKind } from "../../src/client/engine_types.ts";
import { DewyProcess } from "./dewy_process.ts";
import { TestEngine } from "./engine.ts";
import { freePort } from "./free_port.ts";
import { ImageRegistry } from "./image_registry.ts";
import { TempDir } from "./temp_dir.ts";
import { loadImages, type TestImage } from "./test_image.ts";

/** An engine and a registry of images, both real, and a directory for dewy. */
export class ContainerBench implements AsyncDisposable {
  readonly engine: TestEngine;
  readonly registry: ImageRegistry;
  readonly folder: TempDir;
  /** Port that the proxy listens on. */
  readonly port = freePort();
  readonly adminPort = freePort();
  #name: string;
  #stack: AsyncDisposableStack;

  private constructor(
    { engine, registry, folder }: {
      readonly engine: TestEngine;
      readonly registry: ImageRegistry;
      readonly folder: TempDir;
    },
    name: string,
    stack: AsyncDisposableStack,
  ) {
    this.engine = engine;
    this.registry = registry;
    this.folder = folder;
    this.#name = name;
    this.#stack = stack;
  }

  static async start(kind: EngineKind): Promise<ContainerBench> {
    await using stack = new AsyncDisposableStack();
    const engine = stack.use(await TestEngine.start(kind));
    const registry = stack.use(await ImageRegistry.start({ line: "debian" }));
    const folder = stack.use(await TempDir.create());
    const parts = { engine, registry, folder };
    return new ContainerBench(parts, "team/web", stack.move());
  }

  /** `127.0.0.1:5000/team/web`, or that of a sibling. */
  get repository(): string {
    return `${this.registry.host}/${this.#name}`;
  }

  /** Another application on the same engine, which this one must outlive. */
  async sibling(name: string): Promise<ContainerBench> {
    await using stack = new AsyncDisposableStack();
    const { engine, registry } = this;
    const folder = stack.use(await TempDir.create());
    return new ContainerBench({ engine, registry, folder }, name, stack.move());
  }

  /** Pushes an image of the sample application, and forgets it here. */
  async publish(tag: string, image: Partial<TestImage> = {}): Promise<void> {
    const { repository, engine } = this;
    await loadImages(engine, [{ repository, tag, ...image }]);
    const pushed = await this.#engine(
      "POST",
      `/images/${repository}/push?tag=${tag}&tlsVerify=false`,
    );
    assert.ok(!/"error"/.test(pushed), pushed);
    await this.#engine("DELETE", `/images/${repository}:${tag}`);
  }

  /** Starts `dewy container` on the repository. */
  dewy(...args: readonly string[]): DewyProcess {
    return DewyProcess.start({
      cwd: this.folder.path,
      args: [
        "container",
        ...["--registry", `img://${this.repository}`],
        ...["--port", `${this.port}`, "--interval", "1"],
        ...["--admin-port", `${this.adminPort}`],
        ...["--runtime", this.engine.kind, "--drain-time", "5"],
        ...args,
      ],
      env: this.engine.env,
    });
  }

  /** Asks the application through the proxy; the answer is its version. */
  async ask(path = "/"): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`);
    const text = (await response.text()).trim();
    return response.ok ? text : `${response.status} ${text}`;
  }

  /** Ends a container as a crash would. */
  async killContainer(id: string): Promise<void> {
    await this.#engine("POST", `/containers/${id}/kill`);
  }

  /** The containers of dewy, by `docker ps`. */
  async containers(): Promise<readonly Record<string, unknown>[]> {
    const filters = JSON.stringify({ label: ["dewy.managed=true"] });
    const query = new URLSearchParams({ all: "1", filters });
    return JSON.parse(
      await this.#engine("GET", `/containers/json?${query}`),
    );
  }

  async #engine(method: string, path: string): Promise<string> {
    using client = Deno.createHttpClient({
      proxy: { transport: "unix", path: this.engine.socket },
    });
    const response = await fetch(`http://docker.invalid/v1.41${path}`, {
      client,
      method,
      headers: { "X-Registry-Auth": btoa("{}") },
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
