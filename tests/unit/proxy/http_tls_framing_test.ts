import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { delay } from "../../support/delay.ts";
import { eventually } from "../../support/eventually.ts";
import { HttpBackend, ok } from "../../support/http_backend.ts";
import { get, RawClient, request } from "../../support/http_bench.ts";
import { POISON } from "../../support/smuggling_corpus.ts";
import { issue } from "../../support/tls_bench.ts";
import { SocketBench } from "../../support/websocket_bench.ts";

const ISSUED = await issue();
const CERTIFICATE = { cert: ISSUED.cert, key: ISSUED.key };

async function open({ port }: SocketBench): Promise<TLSSocket> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: ISSUED.ca,
  });
  await once(socket, "secureConnect");
  return socket;
}

Deno.test("over TLS, too, nothing is passed on that could be read in two ways", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new SocketBench([backend.as()], {
    certificate: CERTIFICATE,
  });
  const chunked =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";
  for (
    const words of [
      `GET / HTTP/1.1\nHost: h\n\n${POISON}`,
      `${chunked}Content-Length: 3\r\n\r\n0\r\n\r\n${POISON}`,
      `${chunked}\r\n3\nabc\n0\n\n${POISON}`,
    ]
  ) {
    const socket = await open(bench);
    const answer = text(socket);
    socket.write(words);
    assert.match(await answer, /^HTTP\/1\.1 400 /);
  }
  assert.deepEqual(backend.requests, []);
});

Deno.test("over TLS a GET with a body is passed on, and the next request", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new SocketBench([backend.as()], {
    certificate: CERTIFICATE,
  });
  const socket = await open(bench);
  const answers = text(socket);
  socket.write(
    request("GET", "/a", [], "body") + get("/b", "Connection: close"),
  );
  assert.equal((await answers).match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  const seen = backend.requests.map(({ line, body }) => `${line} ${body}`);
  assert.deepEqual(seen, ["GET /a HTTP/1.1 body", "GET /b HTTP/1.1 "]);
});

Deno.test("a client that speaks no TLS, or leaves before, is forgotten", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new SocketBench([backend.as()], {
    certificate: CERTIFICATE,
  });
  const plain = await RawClient.open(bench.port);
  await plain.say(get());
  await plain.rest();
  const early = await RawClient.open(bench.port);
  await early.say("\x16\x03\x01");
  early[Symbol.dispose]();
  await eventually(() => bench.front.connections === 0, {
    message: "both are gone",
  });
  assert.deepEqual(backend.requests, []);
});

Deno.test("over TLS a client whose backend does not read is held up", async () => {
  using backend = HttpBackend.raw(async (peer) => {
    await peer.head();
    await released.promise;
    await peer.gone();
  });
  const released = Promise.withResolvers<void>();
  await using bench = new SocketBench([backend.as()], {
    certificate: CERTIFICATE,
  });
  const socket = await open(bench);
  socket.on("error", () => {});
  socket.write(
    `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${2 ** 31}\r\n\r\n`,
  );
  const block = new Uint8Array(1024 * 1024);
  let taken = 0;
  const sendAll = () => {
    if (taken < 512 * block.length) {
      socket.write(block, () => {
        taken += block.length;
        sendAll();
      });
    }
  };
  sendAll();
  await eventually(async () => {
    const before = taken;
    await delay(500);
    return taken > 0 && taken === before;
  }, { message: "no more is taken" });
  assert.ok(taken < 64 * block.length, `${taken / block.length} MiB`);
  released.resolve();
  socket.destroy();
});

Deno.test("over TLS a client that does not read holds its backend up", async () => {
  const block = "x".repeat(1024 * 1024);
  let sent = 0;
  using backend = HttpBackend.raw(async (peer) => {
    await peer.head();
    await peer.say(`HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 31}\r\n\r\n`);
    try {
      for (; sent < 512; sent++) await peer.say(block);
    } catch {
      // The client has left in the end.
    }
    peer.conn.close();
  });
  await using bench = new SocketBench([backend.as()], {
    certificate: CERTIFICATE,
  });
  for (const version of ["--http1.1", "--http2"]) {
    sent = 0;
    const client = new Deno.Command("curl", {
      args: [
        ...["--silent", "--insecure", version, "--limit-rate", "1"],
        `https://127.0.0.1:${bench.port}/`,
      ],
      stdin: "null",
      stdout: "null",
    }).spawn();
    await eventually(async () => {
      const before = sent;
      await delay(500);
      return sent > 0 && sent === before;
    }, { message: "no more is taken" });
    assert.ok(sent < 64, `${sent} MiB with ${version}`);
    client.kill("SIGKILL");
    await client.status;
    await eventually(() => bench.front.connections === 0, {
      message: "it is gone",
    });
  }
});
