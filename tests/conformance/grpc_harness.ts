import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import { freePort } from "../support/free_port.ts";
import { GrpcServer } from "../support/grpc_server.ts";
import {
  type Artifacts,
  type OpenOptions,
  PLATFORM,
  type RegistryHarness,
} from "./registry_harness.ts";

/** Sets up a gRPC server that chooses, and a web server that has the artifacts. */
export async function openGrpcHarness(): Promise<RegistryHarness> {
  const published = new Map<string, Artifacts>();
  const stack = new AsyncDisposableStack();
  const server = stack.use(await GrpcServer.start());
  const web = stack.use(Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      const [tag = "", name = ""] = pathname.slice(1).split("/")
        .map(decodeURIComponent);
      const text = published.get(tag)?.[name];
      return new Response(text, { status: text === undefined ? 404 : 200 });
    },
  ));
  const urlOf = (...parts: readonly string[]) =>
    `http://127.0.0.1:${web.addr.port}/${
      parts.map(encodeURIComponent).join("/")
    }`;
  const tell = () =>
    server.answer({
      versions: [...published].map(([tag, artifacts]) => ({
        tag,
        artifacts: Object.fromEntries(
          Object.keys(artifacts).map((name) => [name, urlOf(tag, name)]),
        ),
      })),
    });
  const open = async (
    address: string,
    { artifact = "", ...options }: OpenOptions,
  ) => {
    const name = encodeURIComponent(artifact);
    const url = `grpc://${address}?no-tls=true&artifact=${name}`;
    const { slot = "", platform = PLATFORM } = options;
    const registry = await openRegistry(url, { slot, platform, env: {} });
    stack.defer(() => closeRegistry(registry));
    return registry;
  };
  return {
    store: openArtifactStore(),
    anyName: true,
    publish(tag, artifacts) {
      published.set(tag, { ...published.get(tag), ...artifacts });
      return tell();
    },
    publishMany(tags, artifactsOf) {
      for (const tag of tags) published.set(tag, artifactsOf(tag));
      return tell();
    },
    withdraw(tag, artifact) {
      const { [artifact]: _, ...rest } = published.get(tag) ?? {};
      published.set(tag, rest);
      return tell();
    },
    open: (options) => open(server.address, options),
    openMissing: () => open(`127.0.0.1:${freePort()}`, {}),
    async records(tag) {
      const reports = await server.calls("Report");
      return reports.filter((report) => report["tag"] === tag)
        .map((report) => JSON.stringify(report));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Closes the connection that a registry keeps, so that the test leaks none. */
export function closeRegistry(registry: object): void {
  if (Symbol.dispose in registry) (registry as Disposable)[Symbol.dispose]();
}
