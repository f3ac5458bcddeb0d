import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { eventually } from "../../support/eventually.ts";
import {
  closed,
  nextMessage,
  SocketBackend,
  SocketBench,
} from "../../support/websocket_bench.ts";

const FIVE_MB = 5_000_000;

Deno.test("text and binary messages pass as what they are", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  for (const text of ["hello", "", "\ufeffgrüße 🚀", "x".repeat(FIVE_MB)]) {
    client.send(text);
    const { data, isBinary } = await nextMessage(client);
    assert.ok(!isBinary);
    assert.ok(String(data) === text, `${data.length} bytes came back`);
  }
  const bytes = new Uint8Array(FIVE_MB).map((_, at) => at % 251);
  for (const sent of [new Uint8Array(), new Uint8Array([0, 255]), bytes]) {
    client.send(sent);
    const { data, isBinary } = await nextMessage(client);
    assert.ok(isBinary);
    assert.ok(new Uint8Array(data).every((byte, at) => byte === sent[at]));
    assert.equal(data.length, sent.length);
  }
});

Deno.test("ten thousand small messages come back in order", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const received: string[] = [];
  client.on("message", (data) => received.push(String(data)));
  const sent = Array.from({ length: 10_000 }, (_, at) => `message ${at}`);
  for (const text of sent) client.send(text);
  await eventually(() => received.length === sent.length, {
    message: "all messages are back",
  });
  assert.deepEqual(received, sent);
});

Deno.test("what comes in fragments is passed on whole", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const message = nextMessage(client);
  backend.socket.send("one ", { fin: false });
  backend.socket.send("two ", { fin: false });
  backend.socket.ping();
  backend.socket.send("three", { fin: true });
  assert.equal(String((await message).data), "one two three");
});

Deno.test("a backend that speaks first is heard", async () => {
  await using backend = await SocketBackend.start("a");
  backend.onSocket = (socket) => {
    socket.send("welcome");
    socket.close(4000, "and good bye");
  };
  await using bench = new SocketBench([backend.as()]);
  for (let round = 0; round < 20; round++) {
    const client = bench.client();
    const [message, close] = await Promise.all([
      nextMessage(client),
      closed(client),
    ]);
    assert.equal(String(message.data), "welcome");
    assert.deepEqual(close, { code: 4000, reason: "and good bye" });
  }
});

Deno.test("the backend gets the handshake as it would get a request", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  await bench.open("/chat?room=1%202&x=%22", [], {
    headers: {
      host: "chat.example:81",
      origin: "https://chat.example",
      cookie: "a=1; b=2",
      authorization: "Bearer abc",
      "x-forwarded-for": "6.6.6.6",
      "x-name": "J\u00fcrgen",
    },
    perMessageDeflate: true,
  });
  const [request] = backend.requests;
  assert.equal(request?.url, "/chat?room=1%202&x=%22");
  const { headers = {} } = request ?? {};
  assert.equal(headers.host, "chat.example:81");
  assert.equal(headers.origin, "https://chat.example");
  assert.equal(headers.cookie, "a=1; b=2");
  assert.equal(headers.authorization, "Bearer abc");
  assert.equal(headers["x-name"], "J\u00fcrgen");
  assert.equal(headers["x-forwarded-for"], "127.0.0.1");
  assert.equal(headers["x-forwarded-proto"], "http");
  assert.equal(headers["x-forwarded-host"], "chat.example:81");
  assert.equal(headers.via, "1.1 dewy");
  assert.equal(headers["sec-websocket-extensions"], undefined);
});

const OFFERS: readonly (readonly [string, string | false, string])[] = [
  ["p1,p2", "p2", "p2"],
  ["p1, p2", "p1", "p1"],
  ["p1", "p1", "p1"],
  // RFC 6455, 4.2.2: a server may take none of those that are offered.
  ["p1,p2", false, ""],
];
for (const [offer, choice, got] of OFFERS) {
  Deno.test(`offered "${offer}", the backend chooses "${choice}"`, async () => {
    await using backend = await SocketBackend.start("a");
    backend.choose = () => choice;
    backend.extra = ["Set-Cookie: a=1", "Set-Cookie: b=2", "X-From: backend"];
    await using bench = new SocketBench([backend.as()]);
    const socket = createConnection(bench.port, "127.0.0.1");
    socket.write(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        `Sec-WebSocket-Protocol: ${offer}\r\n\r\n`,
    );
    const [bytes] = await once(socket, "data");
    socket.destroy();
    const head = String(bytes).toLowerCase();
    assert.match(head, /^http\/1\.1 101 /);
    assert.match(head, /sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk\+xoo=/);
    const chosen = /sec-websocket-protocol: (.*)\r/.exec(head)?.[1] ?? "";
    assert.equal(chosen, got);
    assert.match(head, /set-cookie: a=1\r\nset-cookie: b=2\r\n/);
    assert.match(head, /x-from: backend/);
    const offered = backend.requests[0]?.headers["sec-websocket-protocol"];
    assert.equal(offered, offer);
  });
}

Deno.test("Deno's own client gets its subprotocol and its messages", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = new WebSocket(`ws://127.0.0.1:${bench.port}/`, ["p1", "p2"]);
  const message = new Promise((resolve) => {
    client.onmessage = ({ data }) => resolve(data);
  });
  client.onopen = () => client.send("hello");
  assert.equal(await message, "hello");
  assert.equal(client.protocol, "p1");
  const end = new Promise<CloseEvent>((resolve) => {
    client.onclose = resolve;
  });
  client.close(3001, "enough");
  const { code, reason } = await end;
  assert.deepEqual({ code, reason }, { code: 3001, reason: "enough" });
});

Deno.test("a WebSocket is in flight as long as it is open", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open("/path");
  client.send("12345");
  await nextMessage(client);
  assert.equal(bench.balancer.inFlight("a"), 1);
  assert.equal(bench.served.length, 0);
  client.close();
  await closed(client);
  await eventually(() => bench.balancer.inFlight("a") === 0, {
    message: "nothing is in flight",
  });
  const [served] = bench.served;
  assert.equal(served?.status, 101);
  assert.equal(served?.bytes, 5);
  assert.equal(served?.backend, "a");
  assert.equal(bench.meter.dials.length, 1);
  assert.deepEqual(bench.meter.failures, []);
  // The connection's bytes, the handshake and the frames, once in all.
  assert.equal(bench.meter.transfers.length, 1);
});

const BAD: readonly (readonly [string, string, RegExp])[] = [
  [
    "version 8",
    "Sec-WebSocket-Version: 8\r\n",
    /^HTTP\/1.1 426 [^]*sec-websocket-version: 13\r/,
  ],
  [
    "no key",
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: abc\r\n",
    /^HTTP\/1.1 400 [^]*dewy-error: request-invalid\r/,
  ],
];
for (const [what, headers, expected] of BAD) {
  Deno.test(`a handshake with ${what} is refused`, async () => {
    await using backend = await SocketBackend.start("a");
    await using bench = new SocketBench([backend.as()]);
    const client = createConnection(bench.port, "127.0.0.1");
    client.write(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" +
        `Upgrade: websocket\r\n${headers}\r\n`,
    );
    const [answer] = await once(client, "data");
    client.destroy();
    assert.match(String(answer), expected);
    assert.deepEqual(backend.requests, []);
  });
}

Deno.test("a handshake that says that it has no body is one", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = createConnection(bench.port, "127.0.0.1");
  client.write(
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const [answer] = await once(client, "data");
  client.destroy();
  assert.match(String(answer), /^HTTP\/1.1 101 /);
  assert.equal(backend.requests.length, 1);
});
