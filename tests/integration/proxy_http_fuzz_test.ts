import assert from "node:assert/strict";
import { within } from "../support/delay.ts";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { get, RawClient, request } from "../support/http_bench.ts";
import { PlaneProcess } from "../support/plane_process.ts";
import { Random } from "../support/random.ts";

const ROUNDS = 500;
/** A spoilt exchange may be one that both sides wait in, milliseconds. */
const PATIENCE_MS = 30;

const REQUESTS = [
  get("/a?b=c", "X-A: b", "Cookie: a=b"),
  request("POST", "/", ["Expect: 100-continue"], "body"),
  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
  "3\r\nabc\r\n0\r\nX: y\r\n\r\n",
  get("/", "Connection: Upgrade", "Upgrade: websocket"),
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
];

const ANSWERS = [
  ok("body", "Set-Cookie: a=b", "ETag: x", "Keep-Alive: timeout=5"),
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
  "HTTP/1.0 200 OK\r\n\r\nall of it",
];

/** Changes, drops, repeats or adds some bytes. */
function spoil(text: string, random: Random): string {
  let spoilt = text;
  const count = 1 + Math.floor(random.next(3));
  for (let change = 0; change < count; change++) {
    const at = Math.floor(random.next(spoilt.length));
    const size = Math.floor(random.next(4));
    const byte = String.fromCharCode(Math.floor(random.next(256)));
    const piece = spoilt.slice(at, at + size);
    const put = [byte, "", piece + piece, "\r\n", "\n", "\0", ": ", ", "];
    const other = put[Math.floor(random.next(put.length))] ?? "";
    spoilt = spoilt.slice(0, at) + other + spoilt.slice(at + size);
  }
  return spoilt;
}

function oneOf(texts: readonly string[], random: Random): string {
  return texts[Math.floor(random.next(texts.length))] ?? "";
}

Deno.test("no bytes of a client or a backend end the proxy", async () => {
  const random = Random.fromEnv();
  let isSpoilt = true;
  using backend = HttpBackend.raw(async (peer) => {
    while (await peer.head() !== undefined) {
      if (!isSpoilt) await peer.say(ok("fine"));
      else await peer.say(spoil(oneOf(ANSWERS, random), random));
    }
    peer.conn.close();
  });
  await using plane = await PlaneProcess.start("http", backend.port);
  for (let round = 0; round < ROUNDS; round++) {
    using client = await RawClient.open(plane.port);
    const isClients = random.next(2) < 1;
    const text = oneOf(REQUESTS, random);
    await client.say(isClients ? spoil(text, random) : text);
    await within(client.rest().catch(() => {}), PATIENCE_MS);
  }
  isSpoilt = false;
  using client = await RawClient.open(plane.port);
  const answer = await client.ask(request("POST", "/", [], ""));
  assert.equal(answer.body, "fine", `seed ${random.seed}`);
  assert.equal(plane.output, "listening\n", `seed ${random.seed}`);
});
