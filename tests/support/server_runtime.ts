import type {
  Condition,
  Instance,
  InstanceRuntime,
} from "../../src/rollout/instance.ts";

/** What {@link ServerRuntime} starts. */
export interface ServerSpec {
  readonly tag: string;
  /** Answers requests; the tag when left out. */
  readonly handler?: (request: Request) => Response | Promise<Response>;
  /** Ends right after its start. */
  readonly dies?: boolean;
}

type Server = Deno.HttpServer<Deno.NetAddr>;

/** Runs HTTP servers of this process as instances; a stopped one refuses connections. */
export class ServerRuntime implements InstanceRuntime<ServerSpec> {
  readonly running = new Map<string, Server>();
  /** What was started and stopped, in order: `+v1/0`, `-v1/0`. */
  readonly log: string[] = [];
  #count = 0;
  #proxyPort: number;

  constructor(proxyPort: number) {
    this.#proxyPort = proxyPort;
  }

  async start(
    { tag, handler, dies }: ServerSpec,
    replica: number,
  ): Promise<Instance> {
    const id = `${tag}/${replica}#${this.#count++}`;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      handler ?? (() => new Response(tag)),
    );
    this.running.set(id, server);
    this.log.push(`+${tag}/${replica}`);
    if (dies === true) await this.kill(id);
    const { port } = server.addr;
    const address = { hostname: "127.0.0.1", port };
    const addresses = new Map([[this.#proxyPort, address]]);
    return { id, name: id, tag, replica, addresses };
  }

  describe({ tag }: ServerSpec): string {
    return tag;
  }

  async stop({ id, tag, replica }: Instance): Promise<void> {
    this.log.push(`-${tag}/${replica}`);
    await this.kill(id);
  }

  lastWords({ tag }: Instance): Promise<string> {
    return Promise.resolve(`${tag} says farewell`);
  }

  look({ id, addresses }: Instance): Promise<Condition> {
    return Promise.resolve(
      this.running.has(id)
        ? { kind: "running", addresses }
        : { kind: "gone", reason: "it ended by itself" },
    );
  }

  async kill(id: string): Promise<void> {
    const server = this.running.get(id);
    this.running.delete(id);
    await server?.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.running.keys()]) await this.kill(id);
  }
}
