import assert from "node:assert/strict";
import { once } from "node:events";
import { delay } from "../../support/delay.ts";
import { eventually } from "../../support/eventually.ts";
import {
  bodyOfPem,
  Http2Client,
  issue,
  TlsBench,
} from "../../support/tls_bench.ts";
import {
  closed,
  nextMessage,
  SocketBackend,
  SocketBench,
} from "../../support/websocket_bench.ts";

const MIB = 1024 * 1024;
const ISSUED = await issue();

/** Says what of the request the backend saw. */
function facts(request: Request): Response {
  const { method, url, headers } = request;
  return Response.json({ method, url, headers: Object.fromEntries(headers) });
}

Deno.test("a client speaks HTTPS, and the backend hears of it", async () => {
  await using tls = new TlsBench(ISSUED, facts);
  using client = Deno.createHttpClient({ caCerts: [ISSUED.ca], http2: false });
  const response = await fetch(`${tls.url}/path?q=1`, { client });
  const { url, headers } = await response.json();
  assert.equal(headers["x-forwarded-proto"], "https");
  assert.equal(headers.host, `localhost:${tls.bench.port}`);
  assert.match(url, /\/path\?q=1$/);
});

Deno.test("over HTTP/2 the authority becomes Host", async () => {
  await using tls = new TlsBench(ISSUED, facts);
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  const { status, body } = await client.get("/path?q=1");
  assert.equal(status, 200);
  const { headers } = JSON.parse(body);
  assert.equal(headers.host, `localhost:${tls.bench.port}`);
  assert.equal(headers["x-forwarded-host"], `localhost:${tls.bench.port}`);
  assert.equal(headers["x-forwarded-proto"], "https");
});

Deno.test("curl gets HTTP/2", async () => {
  await using tls = new TlsBench(ISSUED, facts);
  const ca = await Deno.makeTempFile();
  await Deno.writeTextFile(ca, ISSUED.ca);
  const { code, stdout } = await new Deno.Command("curl", {
    args: [
      ...["--silent", "--http2", "--cacert", ca, "--max-time", "10"],
      ...["--data", "hello", "--write-out", "\n%{http_version} %{http_code}"],
      `${tls.url}/`,
    ],
    stdin: "null",
  }).output();
  await Deno.remove(ca);
  assert.equal(code, 0);
  const [body = "", versions] = new TextDecoder().decode(stdout).split("\n");
  assert.equal(versions, "2 200");
  assert.equal(JSON.parse(body).headers["content-length"], "5");
});

Deno.test("a body of unsaid length streams up and down over HTTP/2", async () => {
  await using tls = new TlsBench(ISSUED, ({ body, headers }) => {
    assert.equal(headers.get("content-length"), null);
    return new Response(body);
  });
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  const stream = client.begin({ ":path": "/", ":method": "POST" });
  const response = once(stream, "response");
  let received = 0;
  stream.on("data", ({ length }) => received += length);
  const block = new Uint8Array(64 * 1024).fill(65);
  for (let round = 1; round <= 16; round++) {
    stream.write(block);
    // The next block is sent when this one is back: nothing is held until the end.
    await eventually(() => received === round * block.length, {
      message: `block ${round} is back`,
    });
  }
  const [headers] = await response;
  assert.equal(headers[":status"], 200);
  const end = once(stream, "end");
  stream.end();
  await end;
  assert.equal(received, MIB);
});

Deno.test("20 MiB go up and come down over HTTP/2", async () => {
  await using tls = new TlsBench(ISSUED, ({ body }) => new Response(body));
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  const stream = client.begin({ ":path": "/", ":method": "PUT" });
  let received = 0;
  stream.on("data", ({ length }) => received += length);
  const end = once(stream, "end");
  for (let sent = 0; sent < 20; sent++) {
    if (!stream.write(new Uint8Array(MIB))) await once(stream, "drain");
  }
  stream.end();
  await end;
  assert.equal(received, 20 * MIB);
});

Deno.test("a hundred streams of one connection are served side by side", async () => {
  const arrived = Promise.withResolvers<void>();
  let waiting = 0;
  await using tls = new TlsBench(ISSUED, async ({ url }) => {
    if (++waiting === 100) arrived.resolve();
    // None is answered before all have come.
    await arrived.promise;
    return new Response(new URL(url).pathname);
  });
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  const paths = Array.from({ length: 100 }, (_, at) => `/${at}`);
  const answers = await Promise.all(paths.map((path) => client.get(path)));
  assert.deepEqual(answers.map(({ body }) => body), paths);
  assert.equal(tls.bench.front.connections, 1);
});

Deno.test("one stream that is given up leaves the others alone", async () => {
  const gone = Promise.withResolvers<void>();
  await using tls = new TlsBench(ISSUED, async ({ url, signal }) => {
    if (!url.endsWith("/slow")) return new Response("fine");
    await once(signal, "abort");
    gone.resolve();
    return new Response("too late");
  });
  await using client = await Http2Client.open(tls.url, ISSUED.ca);
  const slow = client.begin({ ":path": "/slow" });
  slow.on("error", () => {});
  slow.end();
  await eventually(() => tls.bench.balancer.inFlight("a") === 1, {
    message: "the backend is asked",
  });
  slow.close();
  await gone.promise;
  assert.equal((await client.get("/")).body, "fine");
});

Deno.test("WebSockets go over TLS", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()], { certificate: ISSUED });
  const client = bench.secureClient(ISSUED.ca);
  await once(client, "open");
  client.send("hello");
  assert.equal(String((await nextMessage(client)).data), "hello");
  const { headers } = backend.requests[0] ?? {};
  assert.equal(headers?.["x-forwarded-proto"], "https");
  const seen = closed(client);
  backend.socket.close(4001, "enough");
  assert.deepEqual(await seen, { code: 4001, reason: "enough" });
});

Deno.test("a new certificate is for new connections, and nobody notices", async () => {
  const next = await issue();
  const ca = [ISSUED.ca, next.ca];
  await using tls = new TlsBench(ISSUED, async () => {
    await delay(20);
    return new Response("fine");
  });
  assert.equal(await tls.shown(ca), bodyOfPem(ISSUED));
  await using kept = await Http2Client.open(tls.url, ISSUED.ca);
  const load = new AbortController();
  let served = 0;
  const asking = Promise.all(Array.from({ length: 8 }, async (_, at) => {
    while (!load.signal.aborted) {
      using client = Deno.createHttpClient({ caCerts: ca, http2: at % 2 > 0 });
      for (let round = 0; round < 5; round++) {
        const response = await fetch(tls.url, { client });
        assert.equal(await response.text(), "fine");
        served++;
      }
    }
  }));
  for (let round = 1; round <= 10; round++) {
    const before = served;
    await eventually(() => served > before + 20, { message: "load goes on" });
    const certificate = round % 2 > 0 ? next : ISSUED;
    tls.bench.front.renew(certificate);
    assert.equal(await tls.shown(ca), bodyOfPem(certificate));
    assert.equal((await kept.get("/")).body, "fine");
  }
  load.abort();
  await asking;
});

Deno.test("a certificate that cannot be used changes nothing", async () => {
  await using tls = new TlsBench(ISSUED, () => new Response("fine"));
  const { key } = await issue();
  assert.throws(() => tls.bench.front.renew({ cert: ISSUED.cert, key }));
  assert.throws(() => tls.bench.front.renew({ cert: "nonsense", key }));
  assert.equal(await tls.shown([ISSUED.ca]), bodyOfPem(ISSUED));
});
