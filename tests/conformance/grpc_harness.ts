import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { freePort } from "../support/free_port.ts";
import { GrpcServer, type GrpcServerState } from "../support/grpc_server.ts";
import { GrpcFaults } from "./grpc_faults.ts";
import {
  type Artifacts,
  LIMITS,
  type OpenOptions,
  PLATFORM,
  type RegistryHarness,
} from "./registry_harness.ts";

/** Part of every artifact URL, as a storage service signs one. */
const SIGNATURE = "signature-that-nobody-may-see";

/** One version on the server. */
interface Published {
  readonly artifacts: Artifacts;
  /** Unix seconds. */
  readonly at: number;
}

/** Sets up a gRPC server that chooses, and a web server that has the artifacts. */
export async function openGrpcHarness(): Promise<RegistryHarness> {
  const stack = new AsyncDisposableStack();
  const published = new Map<string, Published>();
  const server = stack.use(await GrpcServer.start());
  const web = stack.use(serveArtifacts(published));
  let policy: GrpcServerState = {};
  let fault: GrpcServerState = {};
  let origin = "";
  const tell = (): Promise<void> => {
    const versions = listOf(published, origin);
    return server.answer({ ...policy, ...fault, versions });
  };
  const faults = stack.use(
    new GrpcFaults(server, (state) => {
      fault = state;
      return tell();
    }),
  );
  origin = faults.frontOf(`http://127.0.0.1:${web.addr.port}`);
  const open = async (address: string, options: OpenOptions) => {
    const registry = await openGrpc(address, options);
    stack.defer(() => closeRegistry(registry));
    return registry;
  };
  let seconds = Math.floor(Date.now() / 1000) - 24 * 60 * 60;
  const put = (tag: string, artifacts: Artifacts) =>
    published.set(tag, { artifacts, at: ++seconds });
  return {
    store: openArtifactStore({ env: {}, limits: LIMITS }),
    faults,
    secrets: () => [SIGNATURE],
    publish(tag, artifacts) {
      put(tag, { ...published.get(tag)?.artifacts, ...artifacts });
      return tell();
    },
    publishMany(tags, artifactsOf) {
      for (const tag of tags) put(tag, artifactsOf(tag));
      return tell();
    },
    withdraw(tag, artifact) {
      const { [artifact]: _, ...rest } = published.get(tag)?.artifacts ?? {};
      put(tag, rest);
      return tell();
    },
    async open({ preRelease = false, ...options }) {
      // The request has no place for either: the server has to know them.
      const calver = options.calver !== undefined;
      policy = { "pre_release": preRelease, calver };
      await tell();
      return await open(faults.address, options);
    },
    openMissing: () => open(`127.0.0.1:${freePort()}`, {}),
    async records(tag) {
      const reports = await server.calls("Report");
      return reports.filter((report) => report["tag"] === tag)
        .map((report) => JSON.stringify(report));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function openGrpc(address: string, options: OpenOptions): Promise<Registry> {
  const { artifact = "", version = "", calver = "" } = options;
  const query = new Map([
    ["no-tls", "true"],
    ["artifact", artifact],
    ["version", version],
    ["calver", calver],
  ]);
  const text = [...query].map(([name, value]) =>
    `${name}=${encodeURIComponent(value)}`
  ).join("&");
  const { slot = "", platform = PLATFORM, now = Date.now } = options;
  const scope = { slot, platform, now, env: {}, limits: LIMITS };
  return openRegistry(`grpc://${address}?${text}`, scope);
}

function listOf(
  published: ReadonlyMap<string, Published>,
  origin: string,
): NonNullable<GrpcServerState["versions"]> {
  const urlOf = (...parts: readonly string[]) =>
    `${origin}/${
      parts.map(encodeURIComponent).join("/")
    }?X-Amz-Signature=${SIGNATURE}`;
  return [...published].map(([tag, { artifacts, at }]) => ({
    tag,
    artifacts: Object.fromEntries(
      Object.keys(artifacts).map((name) => [name, urlOf(tag, name)]),
    ),
    "created_at": at,
  }));
}

function serveArtifacts(
  published: ReadonlyMap<string, Published>,
): Deno.HttpServer<Deno.NetAddr> {
  const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  return Deno.serve(listen, (request) => {
    const { pathname } = new URL(request.url);
    const [tag = "", name = ""] = pathname.slice(1).split("/")
      .map(decodeURIComponent);
    const text = published.get(tag)?.artifacts[name];
    return new Response(text, { status: text === undefined ? 404 : 200 });
  });
}

/** Closes the connection that a registry keeps, so that the test leaks none. */
export function closeRegistry(registry: object): void {
  if (Symbol.dispose in registry) (registry as Disposable)[Symbol.dispose]();
}
