import assert from "node:assert/strict";
import { proxyPermissions } from "../../../src/proxy/isolate.ts";
import type { ProxyProbeTargets } from "../../fixtures/proxy_probe_worker.ts";
import { freePort } from "../../support/free_port.ts";

Deno.test("an isolate of the proxy can serve its ports, and nothing else", async () => {
  const own = freePort("0.0.0.0");
  using backend = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = backend.addr;
  using _ = Deno.listen({ hostname: "127.0.0.2", port });
  const module = new URL(
    "../../fixtures/proxy_probe_worker.ts",
    import.meta.url,
  );
  const worker = new Worker(module, {
    type: "module",
    deno: {
      permissions: proxyPermissions({
        ports: [{ port: own, protocol: "http" }],
        backendHosts: ["127.0.0.1"],
      }),
    },
  });
  const { promise, resolve } = Promise.withResolvers<Record<string, string>>();
  worker.onmessage = ({ data }: MessageEvent<Record<string, string>>) =>
    resolve(data);
  worker.postMessage({ port, own } satisfies ProxyProbeTargets);
  const outcomes = Object.entries(await promise);
  worker.terminate();
  assert.ok(outcomes.length > 10);
  assert.deepEqual(
    outcomes.filter(([, outcome]) => outcome !== "denied"),
    [["listen on its port", "possible"], ["connect to a backend", "possible"]],
  );
});

Deno.test("an isolate that listens on one address may listen on no other", () => {
  const { net } = proxyPermissions({
    hostname: "::1",
    ports: [{ port: 80, protocol: "tcp" }, { port: 443, protocol: "http" }],
    backendHosts: ["127.0.0.1", "10.0.0.0/8"],
  });
  assert.deepEqual(net, ["127.0.0.1", "[::1]:80", "[::1]:443", "10.0.0.0/8"]);
});
