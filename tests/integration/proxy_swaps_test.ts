import assert from "node:assert/strict";
import type { Backend, BackendTable } from "../../src/proxy/backend.ts";
import { Proxy } from "../../src/proxy/proxy.ts";
import { DEFAULT_LIMITS } from "../../src/proxy/settings.ts";
import { delay } from "../support/delay.ts";
import { freePort } from "../support/free_port.ts";
import { LoadClient } from "../support/load_client.ts";
import { NamedBackend } from "../support/named_backend.ts";
import { loadProxy, type ProxyAddress } from "../support/proxy_load.ts";

const SWAPS = 100;
const SWAP_MS = 200;

function tableOf(
  { http, tcp }: ProxyAddress,
  backends: readonly NamedBackend[],
): BackendTable {
  const at = (port: keyof NamedBackend & `${string}Port`) =>
    backends.map((backend): Backend => ({
      id: backend.name,
      hostname: "127.0.0.1",
      port: backend[port],
      state: "ready",
    }));
  return new Map([[http, at("httpPort")], [tcp, at("tcpPort")]]);
}

Deno.test(`${SWAPS} table swaps in ${SWAPS * SWAP_MS / 1_000} s under load on both planes lose nothing`, async () => {
  await using stack = new AsyncDisposableStack();
  const backends: NamedBackend[] = [];
  for (const name of ["one", "two", "three", "four"]) {
    backends.push(stack.use(await NamedBackend.start(name)));
  }
  const address = { http: freePort(), tcp: freePort() };
  const proxy = stack.use(
    await Proxy.start({
      settings: {
        hostname: "127.0.0.1",
        ports: [
          { port: address.http, protocol: "http" },
          { port: address.tcp, protocol: "tcp" },
        ],
        backendHosts: ["127.0.0.1"],
        limits: DEFAULT_LIMITS,
        workers: 2,
        trustedProxies: [],
        proxyProtocol: false,
      },
      emit: () => {},
    }),
  );
  const halves = [backends.slice(0, 2), backends.slice(2)];
  await proxy.swap(tableOf(address, halves[0] ?? []));
  const over = new AbortController();
  const load = loadProxy(address, over.signal);
  // The platform's client may ask once more; this one tells of the first failure.
  await using strict = LoadClient.start({
    target: { port: address.http },
    pauseMs: 5,
  });
  const strays: string[] = [];
  const startedAt = Date.now();
  for (let swap = 1; swap <= SWAPS; swap++) {
    // So many in the time, whatever each takes.
    await delay(Math.max(0, startedAt + swap * SWAP_MS - Date.now()));
    const half = halves[swap % 2] ?? [];
    await proxy.swap(tableOf(address, half));
    // Whoever comes now must not meet a backend that was taken out.
    const response = await fetch(`http://127.0.0.1:${address.http}/`);
    const name = await response.text();
    if (!half.some((backend) => backend.name === name)) strays.push(name);
  }
  over.abort();
  const results = await load;
  await strict.stop();
  assert.deepEqual(strict.failures, []);
  assert.deepEqual(
    new Set(strict.versions.keys()),
    new Set(backends.map(({ name }) => name)),
  );
  assert.deepEqual(
    results.map(({ kind, failures }) => [kind, failures]),
    results.map(({ kind }) => [kind, []]),
  );
  assert.deepEqual(strays, []);
  for (const { kind, done } of results) {
    assert.ok(done >= 3, `${kind}: ${done}`);
  }
  const total = results.reduce((sum, { done }) => sum + done, 0);
  assert.ok(total > 1_000, `${total} pieces of work are no load`);
});
