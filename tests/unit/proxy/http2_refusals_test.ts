import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { eventually } from "../../support/eventually.ts";
import { Http2Client, issue, TlsBench } from "../../support/tls_bench.ts";
import { SocketBench } from "../../support/websocket_bench.ts";

/** The client wants the stream no more (RFC 9113, 7). */
const CANCEL = 8;
const ISSUED = await issue();

Deno.test("over HTTP/2 the methods of the gate, and a GET that says it has a body, are refused", async () => {
  let requests = 0;
  await using tls = new TlsBench(ISSUED, () => new Response(`${++requests}`));
  const cases = [
    { ":method": "DEWY-REFUSED" },
    { ":method": "DEWY-BODY-GET", "content-length": "4" },
    { ":method": "GET", "content-length": "4" },
    { ":method": "GET" },
    { ":method": "GET", "dewy-stream": "7" },
    { ":method": "HEAD" },
  ];
  for (const headers of cases) {
    await using client = await Http2Client.open(tls.url, ISSUED.ca);
    const stream = client.begin({ ":path": "/", ...headers });
    // What is refused may be reset before all of it has come.
    stream.on("error", () => {});
    const response = once(stream, "response");
    stream.end("body");
    const [answer] = await response;
    assert.equal(answer[":status"], 400, headers[":method"]);
  }
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  assert.equal((await client.get("/")).body, "1");
});

Deno.test("over HTTP/2 a request that could have a body and has none is passed on without", async () => {
  const seen: Headers[] = [];
  await using tls = new TlsBench(ISSUED, ({ headers }) => {
    seen.push(new Headers(headers));
    return new Response("fine");
  });
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  for (const method of ["GET", "HEAD", "DELETE"]) {
    const stream = client.begin({ ":path": "/", ":method": method });
    const response = once(stream, "response");
    stream.end();
    stream.resume();
    assert.equal((await response)[0][":status"], 200, method);
  }
  const whole = client.begin({ ":path": "/", ":method": "DELETE" }, {
    endStream: true,
  });
  assert.equal((await once(whole, "response"))[0][":status"], 200);
  for (const headers of seen) {
    assert.equal(headers.get("dewy-stream"), null);
    assert.equal(headers.get("content-length"), null);
  }
  // Of a stream that goes on nobody knows that it will bring nothing.
  const codings = seen.map((headers) => headers.get("transfer-encoding"));
  assert.deepEqual(codings, [null, null, "chunked", null]);
});

Deno.test("over HTTP/2 a head has limits, and the next one is served", async () => {
  const seen: string[] = [];
  await using tls = new TlsBench(ISSUED, ({ headers }) => {
    seen.push(headers.get("via") ?? "");
    return new Response("fine");
  });
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  const many = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`x-${at}`, "a"]),
    );
  const heads = [
    [431, many(129)],
    [431, many(400)],
    [431, { ":path": `/${"a".repeat(17_000)}` }],
    [431, { "x-a": "a".repeat(17_000) }],
    [200, { ":path": `/${"a".repeat(15_000)}` }],
    [200, many(100)],
  ] as const;
  for (const [status, head] of heads) {
    const headers = { ":path": "/", ...head };
    const stream = client.begin(headers, { endStream: true });
    const [answer] = await once(stream.resume(), "response");
    assert.equal(answer[":status"], status);
  }
  assert.deepEqual(seen, ["2.0 dewy", "2.0 dewy"]);
});

Deno.test("a client that agrees on HTTP/2 and speaks HTTP/1.1 is closed", async () => {
  let requests = 0;
  await using tls = new TlsBench(ISSUED, () => new Response(`${++requests}`));
  const socket = connect({
    port: tls.bench.port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: ISSUED.ca,
    ALPNProtocols: ["h2"],
  });
  await once(socket, "secureConnect");
  assert.equal(socket.alpnProtocol, "h2");
  const said = text(socket);
  socket.write("GET /long/enough/for/a/preface HTTP/1.1\nHost: localhost\n\n");
  assert.equal(await said, "");
  assert.equal(requests, 0);
});

Deno.test("over HTTP/2 a HEAD that fails is answered without a body, and the next request with one", async () => {
  await using bench = new SocketBench([], { certificate: ISSUED });
  const url = `https://localhost:${bench.port}`;
  await using client = await Http2Client.open(url, ISSUED.ca);
  const stream = client.begin({ ":path": "/", ":method": "HEAD" }, {
    endStream: true,
  });
  const over = once(stream.resume(), "close");
  const [answer] = await once(stream, "response");
  await over;
  assert.equal(answer[":status"], 503);
  assert.equal(stream.rstCode, 0);
  assert.equal((await client.get("/")).body, "503 no-backend\n");
});

Deno.test("a GET of HTTP/2 that is given up before it is known whether it has a body harms nobody", async () => {
  await using tls = new TlsBench(ISSUED, () => new Response("fine"));
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  for (let round = 0; round < 5; round++) {
    const stream = client.begin({ ":path": "/" });
    stream.on("error", () => {});
    assert.equal((await client.get("/")).body, "fine");
    const closed = once(stream, "close");
    stream.close(CANCEL);
    await closed;
  }
  assert.equal((await client.get("/")).body, "fine");
  assert.deepEqual(tls.bench.events, []);
  await eventually(() => tls.bench.balancer.inFlight("a") === 0, {
    message: "nothing is in flight",
  });
});
