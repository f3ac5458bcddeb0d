import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { Proxy } from "../../src/proxy/proxy.ts";
import { DEFAULT_LIMITS } from "../../src/proxy/settings.ts";
import { freePort } from "../support/free_port.ts";
import { ProxyBackend } from "../support/proxy_backend.ts";
import { issue } from "../support/tls_bench.ts";

Deno.test("isolates end TLS with what they may do, and tell clients of HTTP/2 to go", async () => {
  const { ca, cert, key } = await issue();
  await using backend = new ProxyBackend("a");
  const port = freePort();
  await using proxy = await Proxy.start({
    settings: {
      hostname: "127.0.0.1",
      ports: [{ port, protocol: "http" }],
      backendHosts: ["127.0.0.1"],
      limits: DEFAULT_LIMITS,
      workers: 2,
      trustedProxies: [],
      proxyProtocol: false,
      certificate: { cert, key },
    },
    emit: () => {},
  });
  const hostname = "127.0.0.1";
  const one = {
    id: "a",
    hostname,
    port: backend.port,
    state: "ready",
  } as const;
  await proxy.swap(new Map([[port, [one]]]));
  for (const http2 of [true, false]) {
    using client = Deno.createHttpClient({ caCerts: [ca], http2 });
    const response = await fetch(`https://localhost:${port}/`, { client });
    assert.equal(await response.text(), "a");
  }
  const session = connect(`https://localhost:${port}`, { ca });
  const stream = session.request({ ":path": "/" });
  assert.equal(await text(stream), "a");
  const told = once(session, "goaway");
  const closing = proxy.close(20_000);
  const [code] = await told;
  assert.equal(code, 0);
  assert.deepEqual(await closing, { cut: 0 });
});
