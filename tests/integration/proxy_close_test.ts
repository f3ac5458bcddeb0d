import assert from "node:assert/strict";
import type { Backend } from "../../src/proxy/backend.ts";
import { Proxy } from "../../src/proxy/proxy.ts";
import {
  DEFAULT_LIMITS,
  type ProxySettings,
} from "../../src/proxy/settings.ts";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { ProxyBackend } from "../support/proxy_backend.ts";

async function startProxy(
  port: number,
  backends: readonly ProxyBackend[],
  more: Partial<ProxySettings> = {},
): Promise<Proxy> {
  const proxy = await Proxy.start({
    settings: {
      hostname: "127.0.0.1",
      ports: [{ port, protocol: "http" }],
      backendHosts: ["127.0.0.1"],
      limits: DEFAULT_LIMITS,
      workers: 2,
      trustedProxies: [],
      proxyProtocol: false,
      ...more,
    },
    emit: () => {},
  });
  const table = backends.map(({ name, port }): Backend => ({
    id: name,
    hostname: "127.0.0.1",
    port,
    state: "ready",
  }));
  await proxy.swap(new Map([[port, table]]));
  return proxy;
}

const HEAD = new TextEncoder().encode("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
const decoder = new TextDecoder();

/** A client that keeps its connection, and knows when that was closed before it asked. */
class KeepAliveClient {
  answered = 0;
  /** Requests that got no answer though the connection was open when they were sent. */
  readonly lost: string[] = [];
  #conn: Deno.TcpConn;
  #text = "";
  #isEnded = false;
  #isAsking = false;
  #moved = Promise.withResolvers<void>();
  readonly #reading: Promise<void>;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#reading = this.#read();
  }

  static async connect(port: number): Promise<KeepAliveClient> {
    return new KeepAliveClient(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
  }

  /** Asks until it is told that the connection ends. */
  async run(pauseMs: number): Promise<void> {
    while (!this.#isEnded) {
      const isLast = await this.#ask();
      if (isLast) break;
      if (pauseMs > 0) await delay(Math.random() * 2 * pauseMs);
    }
    this.#conn.close();
    await this.#reading;
  }

  async #ask(): Promise<boolean> {
    this.#text = "";
    this.#isAsking = true;
    await this.#conn.write(HEAD);
    while (!this.#text.endsWith("hello") && !this.#isEnded) {
      await this.#moved.promise;
    }
    this.#isAsking = false;
    if (this.#text.endsWith("hello")) this.answered++;
    return /connection: close/i.test(this.#text);
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(4096);
    let why = "end";
    try {
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        this.#text += decoder.decode(buffer.subarray(0, count));
        this.#wake();
      }
    } catch (error) {
      why = String(error);
    }
    this.#isEnded = true;
    if (this.#isAsking) this.lost.push(`${why} after "${this.#text}"`);
    this.#wake();
  }

  #wake(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}

for (const pauseMs of [0, 30]) {
  Deno.test(`a proxy that is closed answers 20 keep-alive clients that pause ${pauseMs} ms before they leave`, async () => {
    await using backend = new ProxyBackend("a", async () => {
      await delay(5);
      return new Response("hello");
    });
    const port = freePort();
    await using proxy = await startProxy(port, [backend]);
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => KeepAliveClient.connect(port)),
    );
    const running = clients.map((client) => client.run(pauseMs));
    await eventually(() => clients.every(({ answered }) => answered > 2), {
      message: "every client was answered a few times",
    });
    const startedAt = performance.now();
    const { cut } = await proxy.close(5_000);
    const tookMs = performance.now() - startedAt;
    await Promise.all(running);
    assert.deepEqual(clients.flatMap(({ lost }) => lost), []);
    assert.equal(cut, 0);
    assert.ok(tookMs < 3_000, `closing took ${tookMs} ms`);
  });
}

Deno.test("a proxy that is closed ends idle clients long before its time is over", async () => {
  await using backend = new ProxyBackend("a");
  const port = freePort();
  await using proxy = await startProxy(port, [backend]);
  using idle = await Deno.connect({ hostname: "127.0.0.1", port });
  await idle.write(HEAD);
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.endsWith("\r\n\r\na")) {
    text += decoder.decode(buffer.subarray(0, await idle.read(buffer) ?? 0));
  }
  const startedAt = performance.now();
  assert.deepEqual(await proxy.close(20_000), { cut: 0 });
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal(await idle.read(buffer), null);
});

Deno.test("what a proxy cuts when its time is over is counted", async () => {
  const over = Promise.withResolvers<void>();
  await using backend = new ProxyBackend("a", async () => {
    await over.promise;
    return new Response("late");
  });
  const port = freePort();
  await using proxy = await startProxy(port, [backend]);
  const clients = await Promise.all(
    Array.from({ length: 3 }, () => KeepAliveClient.connect(port)),
  );
  const running = clients.map((client) => client.run(0));
  await eventually(() => backend.open === 3, { message: "all have asked" });
  assert.deepEqual(await proxy.close(100), { cut: 3 });
  over.resolve();
  await Promise.all(running);
});

Deno.test("a request that waits for a backend is answered before the proxy is closed", async () => {
  const port = freePort();
  await using proxy = await startProxy(port, [], {
    limits: { ...DEFAULT_LIMITS, holdMs: 400 },
  });
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(HEAD);
  // It was read when the proxy says that somebody is connected.
  await eventually(() => proxy.snapshot().get(port)?.active === 1, {
    message: "the client is connected",
  });
  const closing = proxy.close(5_000);
  const buffer = new Uint8Array(4096);
  const count = await client.read(buffer) ?? 0;
  const text = decoder.decode(buffer.subarray(0, count));
  assert.match(text, /^HTTP\/1.1 503 /);
  assert.match(text, /dewy-error: no-backend/);
  assert.deepEqual(await closing, { cut: 0 });
});
