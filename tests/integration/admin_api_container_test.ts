import assert from "node:assert/strict";
import { join } from "node:path";
import { ApiDescription } from "../support/api_description.ts";
import { ContainerBench } from "../support/container_bench.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { askSocket } from "../support/socket_client.ts";

const DONE = "Container deployment completed";

/** What of the status is looked at here. */
interface Status {
  readonly phase: string;
  readonly replicas: readonly {
    readonly name: string;
    readonly version: string;
    readonly healthy: boolean;
  }[];
  readonly ports: readonly { readonly backends: readonly unknown[] }[];
}

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: container mode answers as the description says, and restarts every replica`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy("--replicas", "2");
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    const path = join(bench.folder.path, ".dewy", "admin.sock");
    const { body } = await askSocket(path, "/api/v1/openapi.json");
    const description = new ApiDescription({ ...body as object });
    const ask = async (route: string) => {
      const answer = await askSocket(path, route);
      description.check("GET", route, answer.status, answer.body);
      return answer.body;
    };
    const settled = async (): Promise<Status> =>
      await eventually(async () => {
        const status = await ask("/api/v1/status") as Status;
        return status.phase === "waiting" && status;
      }, { timeoutMs: 30_000, message: "dewy waits" });

    const before = await settled();
    assert.equal(before.replicas.length, 2);
    assert.ok(before.replicas.every(({ healthy }) => healthy));
    assert.equal(before.ports[0]?.backends.length, 2);
    for (const route of ["/api/containers", "/api/status", "/api/v1/plan"]) {
      await ask(route);
    }
    // The same by the port, as the original has it.
    const port = `http://localhost:${bench.adminPort}`;
    const { containers } = await (await fetch(`${port}/api/containers`)).json();
    assert.equal(containers.length, 2);
    for (const entry of containers) {
      assertOriginalEntry(entry, bench.repository);
    }
    const original = await (await fetch(`${port}/api/status`)).json();
    assert.deepEqual(original, {
      command: 2,
      current_version: "v1.0.0",
      is_running: false,
      name: "web",
      proxy_backends: 2,
    });

    const route = "/api/v1/actions/restart";
    const acted = await askSocket(path, route, {});
    description.check("POST", route, acted.status, acted.body);
    assert.equal(acted.status, 202);
    await eventually(async () => {
      const { replicas, phase } = await ask("/api/v1/status") as Status;
      const names = new Set(before.replicas.map(({ name }) => name));
      return phase === "waiting" && replicas.length === 2 &&
        replicas.every(({ name }) => !names.has(name));
    }, { timeoutMs: 60_000, message: "both replicas are new" });
  });
}

/** The fields that the original has, and no other. */
function assertOriginalEntry(
  { labels, ...entry }: Readonly<Record<string, unknown>>,
  repository: string,
): void {
  const patterns = {
    "deployed_at": /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/,
    id: /^[0-9a-f]{64}$/,
    image: new RegExp(`^${repository}:v1\\.0\\.0$`),
    "ip_port": /^127\.0\.0\.1:\d+$/,
    name: /^web-\d{10}-[01]$/,
    "started_at": /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/,
    status: /^running$/,
  };
  assert.deepEqual(Object.keys(entry).sort(), Object.keys(patterns));
  for (const [name, pattern] of Object.entries(patterns)) {
    assert.match(String(entry[name]), pattern);
  }
  const { "dewy.app": app, "dewy.managed": managed } = Object(labels);
  assert.deepEqual([app, managed], ["web", "true"]);
}
