import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { request as sendRequest } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import type { Backend } from "../../../src/proxy/backend.ts";
import { eventually } from "../../support/eventually.ts";
import { HttpBackend } from "../../support/http_backend.ts";
import { refusing } from "../../support/tcp_bench.ts";
import {
  closed,
  nextMessage,
  SocketBackend,
  SocketBench,
} from "../../support/websocket_bench.ts";

const hostname = "127.0.0.1";

/** The answer to a handshake that is not accepted. */
async function refusal(client: WebSocket) {
  const [, response] = await once(client, "unexpected-response");
  const { statusCode, headers } = response;
  return { status: statusCode, headers, body: await text(response) };
}

const REFUSALS: readonly (readonly [number, Record<string, string>, string])[] =
  [
    [401, { "www-authenticate": "Basic" }, "who are you"],
    [403, { "x-reason": "because", "keep-alive": "timeout=9" }, "not you"],
    [404, {}, "x".repeat(1_000_000)],
    [302, { location: "https://elsewhere.example/" }, ""],
    [204, {}, ""],
  ];
for (const [status, headers, body] of REFUSALS) {
  Deno.test(`a refusal with ${status} is passed on`, async () => {
    await using backend = await SocketBackend.start("a", (_, response) => {
      response.writeHead(status, headers).end(body);
    });
    await using bench = new SocketBench([backend.as()]);
    const got = await refusal(bench.client());
    assert.equal(got.status, status);
    assert.ok(got.body === body);
    assert.equal(got.headers["keep-alive"], undefined);
    for (const [name, value] of Object.entries(headers)) {
      if (name !== "keep-alive") assert.equal(got.headers[name], value);
    }
    await eventually(() => bench.balancer.inFlight("a") === 0, {
      message: "nothing is in flight",
    });
    assert.equal(bench.served[0]?.status, status);
    assert.equal(bench.served[0]?.bytes, body.length);
    assert.deepEqual(bench.meter.failures, []);
  });
}

Deno.test("a refusal that is cut off is cut off for the client", async () => {
  await using backend = await SocketBackend.start("a", (_, response) => {
    response.writeHead(403, { "content-length": "1000" });
    response.write("half of it");
    setTimeout(() => response.destroy(), 50);
  });
  await using bench = new SocketBench([backend.as()]);
  await assert.rejects(refusal(bench.client()));
});

Deno.test("a backend that cannot be reached is passed over", async () => {
  await using backend = await SocketBackend.start("b");
  await using bench = new SocketBench([refusing("a"), backend.as()]);
  for (let round = 0; round < 4; round++) {
    const client = await bench.open();
    client.send("hello");
    assert.equal(String((await nextMessage(client)).data), "hello");
  }
  assert.equal(backend.sockets.length, 4);
  // After two failures in a row it has no turn.
  assert.deepEqual(bench.meter.failures, ["connect-failed", "connect-failed"]);
  const told = bench.events.map((event) =>
    event.kind === "connect-failed" ? event.backend.id : event.kind
  );
  assert.deepEqual(told, ["a"]);
});

Deno.test("a handshake that ends its backend is not given to all of them", async () => {
  const dying = Array.from(
    { length: 8 },
    (_, index) => new HttpBackend(() => undefined, `${index}`),
  );
  await using bench = new SocketBench(dying.map((one) => one.as()));
  const got = await refusal(bench.client());
  assert.equal(got.status, 502);
  assert.equal(got.headers["dewy-error"], "backend-closed");
  const hits = dying.reduce((sum, { requests }) => sum + requests.length, 0);
  assert.equal(hits, 3);
  for (const one of dying) one[Symbol.dispose]();
});

Deno.test("no backend is told as it is for requests", async () => {
  await using bench = new SocketBench([]);
  const got = await refusal(bench.client());
  assert.equal(got.status, 503);
  assert.equal(got.headers["dewy-error"], "no-backend");
  assert.equal(got.headers["retry-after"], "1");
  assert.deepEqual(bench.meter.failures, ["no-backend"]);
});

Deno.test("a WebSocket waits for the first backend to appear", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([], { limits: { holdMs: 10_000 } });
  const opening = bench.open();
  await eventually(() => bench.front.connections === 1, {
    message: "the client is there",
  });
  bench.balancer.replace([backend.as()]);
  const client = await opening;
  client.send("hello");
  assert.equal(String((await nextMessage(client)).data), "hello");
});

/** A server that says `words` to whoever comes, or hangs up without any. */
async function rude(words: string | undefined, id = "a") {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      if (words === undefined) socket.destroy();
      else if (words !== "") socket.write(words);
    });
  });
  server.listen(0, hostname);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const backend: Backend = { id, hostname, port, state: "ready" };
  return { backend, [Symbol.dispose]: () => void server.close() };
}

const RUDE: readonly (readonly [string, string | undefined, number, string])[] =
  [
    ["hangs up", undefined, 502, "backend-closed"],
    [
      "has the wrong key",
      "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n",
      502,
      "backend-invalid",
    ],
    [
      "changes to another protocol",
      "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
      502,
      "backend-invalid",
    ],
    ["says what is not HTTP", "SSH-2.0-x\r\n\r\n", 502, "backend-invalid"],
    ["says nothing", "", 504, "backend-timeout"],
  ];
for (const [what, words, status, reason] of RUDE) {
  Deno.test(`a backend that ${what} is told as ${reason}`, async () => {
    using server = await rude(words);
    await using bench = new SocketBench([server.backend], {
      limits: { idleTimeoutMs: 1_000 },
    });
    // The gate sees no byte move either: the answer comes first.
    const got = await refusal(bench.client());
    assert.equal(got.status, status);
    assert.equal(got.headers["dewy-error"], reason);
    assert.deepEqual(bench.meter.failures, [reason]);
    assert.equal(bench.balancer.inFlight("a"), 0);
  });
}

Deno.test("a client that leaves meanwhile is not asked for any more", async () => {
  using server = await rude("");
  await using bench = new SocketBench([server.backend]);
  const client = createConnection(bench.port, hostname);
  client.write(
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await eventually(() => bench.balancer.inFlight("a") === 1, {
    message: "the backend is asked",
  });
  client.destroy();
  await eventually(() => bench.balancer.inFlight("a") === 0, {
    message: "the backend is left alone",
  });
  assert.deepEqual(bench.meter.failures, []);
});

Deno.test("a backend that is drained while it is asked does not get it", async () => {
  using server = await rude("");
  await using backend = await SocketBackend.start("b");
  await using bench = new SocketBench([server.backend]);
  const opening = bench.open();
  await eventually(() => bench.balancer.inFlight("a") === 1, {
    message: "the backend is asked",
  });
  bench.balancer.replace([backend.as()]);
  await bench.balancer.drained("a", AbortSignal.abort());
  await opening;
  assert.equal(backend.sockets.length, 1);
});

Deno.test("an upgrade to what is no WebSocket is an ordinary request", async () => {
  await using backend = await SocketBackend.start("a", (request, response) => {
    response.end(`${request.method} ${request.headers.upgrade}`);
  });
  await using bench = new SocketBench([backend.as()]);
  const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" };
  const options = { host: hostname, port: bench.port, headers };
  const request = sendRequest(options).end();
  const [response] = await once(request, "response");
  assert.equal(await text(response), "GET undefined");
});

Deno.test("an isolate with nothing but the network passes WebSockets on", async () => {
  await using backend = await SocketBackend.start("a");
  const url = new URL("../../fixtures/websocket_worker.ts", import.meta.url);
  const worker = new Worker(url, {
    type: "module",
    deno: { permissions: { net: true } },
  });
  worker.postMessage(backend.as().port);
  const [{ data: port }] = await once(worker, "message");
  const client = new WebSocket(`ws://${hostname}:${port}/`);
  await once(client, "open");
  client.send("hello");
  assert.equal(String((await nextMessage(client)).data), "hello");
  client.close();
  await closed(client);
  worker.terminate();
});
