import assert from "node:assert/strict";
import type { Backend, BackendTable } from "../../src/proxy/backend.ts";
import type { ProxyEvent } from "../../src/base/event_proxy.ts";
import { Proxy } from "../../src/proxy/proxy.ts";
import {
  DEFAULT_LIMITS,
  type ProxySettings,
} from "../../src/proxy/settings.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { listeningAddresses } from "../support/listening_addresses.ts";
import { ProxyBackend } from "../support/proxy_backend.ts";

const MORTAL = new URL("../fixtures/mortal_proxy_worker.ts", import.meta.url);

function settingsOf(
  port: number,
  more: Partial<ProxySettings> = {},
): ProxySettings {
  return {
    hostname: "127.0.0.1",
    ports: [{ port, protocol: "http" }],
    backendHosts: ["127.0.0.1"],
    limits: DEFAULT_LIMITS,
    workers: 2,
    trustedProxies: [],
    proxyProtocol: false,
    ...more,
  };
}

function tableOf(port: number, ...backends: ProxyBackend[]): BackendTable {
  const list = backends.map((backend): Backend => ({
    id: backend.name,
    hostname: "127.0.0.1",
    port: backend.port,
    state: "ready",
  }));
  return new Map([[port, list]]);
}

async function ask(port: number): Promise<string> {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  using _ = client;
  const signal = AbortSignal.timeout(5_000);
  const url = `http://127.0.0.1:${port}/`;
  const response = await fetch(url, { client, signal });
  return await response.text();
}

const IGNORE = () => {};

Deno.test("isolates share a port and all see a table before swap returns", async () => {
  await using a = new ProxyBackend("a");
  await using b = new ProxyBackend("b");
  const port = freePort();
  await using proxy = await Proxy.start({
    settings: settingsOf(port),
    emit: IGNORE,
  });
  assert.equal((await listeningAddresses([port])).length, 2);
  for (const backend of [a, b, a, b]) {
    await proxy.swap(tableOf(port, backend));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(port)),
    );
    assert.deepEqual(new Set(answers), new Set([backend.name]));
  }
  const snapshot = await eventually(
    () => {
      const now = proxy.snapshot().get(port);
      return now?.active === 0 && now.connections === 80 ? now : undefined;
    },
    { message: "80 connections are counted and closed" },
  );
  const dials = snapshot.connectLatencies.counts.reduce((x, y) => x + y);
  assert.ok(dials >= 2 && dials <= 80, `${dials} connections to backends`);
  assert.ok(snapshot.bytes > 80 * 100);
});

Deno.test("a port that is taken is told, and nothing stays open", async () => {
  const [free, taken] = [freePort(), freePort()];
  using _ = Deno.listen({ hostname: "127.0.0.1", port: taken });
  const settings = settingsOf(free, {
    ports: [{ port: free, protocol: "http" }, { port: taken, protocol: "tcp" }],
  });
  await assert.rejects(
    Proxy.start({ settings, emit: IGNORE }),
    new RegExp(`Cannot listen on "${taken}": the address is in use`),
  );
  Deno.listen({ hostname: "127.0.0.1", port: free }).close();
});

Deno.test("another proxy cannot share the port of the first", async () => {
  const port = freePort();
  await using _ = await Proxy.start({
    settings: settingsOf(port),
    emit: IGNORE,
  });
  await assert.rejects(
    Proxy.start({ settings: settingsOf(port), emit: IGNORE }),
    /the address is in use/,
  );
});

for (const death of ["throw", "exit"]) {
  Deno.test(`isolates that ${death} are replaced, with the table of the day`, async () => {
    await using a = new ProxyBackend("a");
    await using b = new ProxyBackend("b");
    const port = freePort();
    const events: ProxyEvent["type"][] = [];
    await using proxy = await Proxy.start({
      settings: settingsOf(port),
      emit: ({ type }) => events.push(type),
      isolate: { module: MORTAL, silenceMs: 2_500 },
    });
    await proxy.swap(tableOf(port, a));
    assert.equal(await ask(port), "a");
    const channel = new BroadcastChannel("mortal-proxy");
    channel.postMessage(death);
    channel.close();
    await proxy.swap(tableOf(port, b));
    await eventually(
      () =>
        events.filter((type) => type === "proxy-isolate-replaced").length === 2,
      { message: "both isolates are replaced" },
    );
    assert.equal((await listeningAddresses([port])).length, 2);
    assert.equal(
      events.filter((type) => type === "proxy-isolate-lost").length,
      2,
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(port)),
    );
    assert.deepEqual(new Set(answers), new Set(["b"]));
    await eventually(
      () => (proxy.snapshot().get(port)?.connections ?? 0) >= 20,
      { message: "connections are counted on" },
    );
  });
}

Deno.test("isolates that hang are told of as silent, and hold up no swap", async () => {
  const port = freePort();
  const stuck: boolean[] = [];
  const proxy = await Proxy.start({
    settings: settingsOf(port),
    emit: (event) =>
      event.type === "proxy-isolate-lost" && stuck.push(event.isSilent),
    isolate: { module: MORTAL, silenceMs: 2_500 },
  });
  await proxy.swap(new Map());
  const channel = new BroadcastChannel("mortal-proxy");
  channel.postMessage("hang");
  channel.close();
  await proxy.swap(new Map());
  await eventually(() => stuck.length === 2, { message: "both are given up" });
  assert.deepEqual(stuck, [true, true]);
  await proxy.close(0);
});

Deno.test("drain waits in all isolates for what is in flight, and cuts what stays", async () => {
  const held: PromiseWithResolvers<void>[] = [];
  await using slow = new ProxyBackend("slow", async () => {
    const hold = Promise.withResolvers<void>();
    held.push(hold);
    await hold.promise;
    return new Response("at last");
  });
  await using fast = new ProxyBackend("fast");
  const port = freePort();
  await using proxy = await Proxy.start({
    settings: settingsOf(port),
    emit: IGNORE,
  });
  await proxy.swap(tableOf(port, slow));
  const answers = Array.from({ length: 8 }, () => ask(port));
  await eventually(() => held.length === 8, { message: "8 are in flight" });
  await eventually(() => proxy.inFlight("slow") === 8, {
    message: "the owner knows of all 8",
  });
  await proxy.swap(tableOf(port, fast));
  const drained = proxy.drain("slow", 10_000);
  assert.equal(await ask(port), "fast");
  for (const { resolve } of held) resolve();
  assert.deepEqual(await drained, { cut: 0 });
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(["at last"]));
  await eventually(() => {
    const counts = ["fast", "slow"].map((id) => proxy.taken(id));
    return counts.join() === "1,0";
  }, { message: "the owner knows what who is in the table was given" });

  await proxy.swap(tableOf(port, slow));
  const last = ask(port);
  await eventually(() => held.length === 9, { message: "one more in flight" });
  await proxy.swap(tableOf(port, fast));
  assert.deepEqual(await proxy.drain("slow", 100), { cut: 1 });
  held[8]?.resolve();
  assert.equal(await last, "fast", "a GET is sent again");
});

Deno.test("isolates believe trusted proxies only, and hand over the access log", async () => {
  await using backend = new ProxyBackend(
    "a",
    ({ headers }) => new Response(headers.get("x-forwarded-for")),
  );
  for (
    const [trusted, seen] of [[[], "127.0.0.1"], [
      ["127.0.0.0/8"],
      "1.2.3.4, 127.0.0.1",
    ]] as const
  ) {
    const port = freePort();
    let log = "";
    const proxy = await Proxy.start({
      settings: settingsOf(port, {
        trustedProxies: trusted,
        accessLog: "json",
      }),
      emit: IGNORE,
      onAccessLog: (lines) => log += lines,
    });
    await proxy.swap(tableOf(port, backend));
    const response = await fetch(`http://127.0.0.1:${port}/a?token=secret`, {
      headers: { "x-forwarded-for": "1.2.3.4" },
    });
    assert.equal(await response.text(), seen);
    await proxy.close(1_000);
    const [line = "", end] = log.split("\n");
    assert.equal(end, "");
    const { client, status, target, backend: id } = JSON.parse(line);
    assert.deepEqual([client, status, id], ["127.0.0.1", 200, "a"]);
    assert.ok(!target.includes("secret"));
  }
});

Deno.test("isolates share the limit of connections, and count on after their end", async () => {
  await using backend = new ProxyBackend("a");
  const port = freePort();
  const limits = { ...DEFAULT_LIMITS, maxConnections: 10 };
  const proxy = await Proxy.start({
    settings: settingsOf(port, { limits }),
    emit: IGNORE,
  });
  await proxy.swap(tableOf(port, backend));
  const clients: Deno.TcpConn[] = [];
  for (let client = 0; client < 40; client++) {
    clients.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  }
  await eventually(() => (proxy.snapshot().get(port)?.connections ?? 0) > 0, {
    message: "clients are counted",
  });
  assert.ok((proxy.snapshot().get(port)?.active ?? 0) <= 10);
  for (const client of clients) client.close();
  await proxy.close(0);
  const { active = -1, connections = 0 } = proxy.snapshot().get(port) ?? {};
  assert.equal(active, 0);
  assert.ok(connections > 0 && connections <= 10, `${connections} admitted`);
});

Deno.test("a certificate that is refused keeps no isolate from being replaced", async () => {
  await using backend = new ProxyBackend("a");
  const port = freePort();
  const events: string[] = [];
  await using proxy = await Proxy.start({
    settings: settingsOf(port),
    emit: ({ type }) => events.push(type),
    isolate: { module: MORTAL, silenceMs: 2_500 },
  });
  await proxy.swap(tableOf(port, backend));
  await assert.rejects(proxy.renew({ cert: "nonsense", key: "nonsense" }));
  const channel = new BroadcastChannel("mortal-proxy");
  channel.postMessage("throw");
  channel.close();
  await eventually(
    () =>
      events.filter((type) => type === "proxy-isolate-replaced").length === 2,
    { message: "both isolates are replaced" },
  );
  assert.equal(await ask(port), "a");
});
