import assert from "node:assert/strict";
import { HttpBackend, ok } from "../../support/http_backend.ts";
import { get, HttpBench } from "../../support/http_bench.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** A frame of SETTINGS without any. */
const SETTINGS = "\0\0\0\x04\0\0\0\0\0";

Deno.test("a client that begins with HTTP/2 in plain is refused", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()]);
  for (const cut of [0, 1, 3, 4, 5, PREFACE.length - 1]) {
    const client = await bench.connect();
    client.conn.setNoDelay();
    await client.say(PREFACE.slice(0, cut));
    await client.say(PREFACE.slice(cut) + SETTINGS).catch(() => {});
    assert.match(await client.rest(), /^HTTP\/1\.1 400 /);
  }
  assert.equal(backend.requests.length, 0);
});

Deno.test("a request whose method begins alike is served", async () => {
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  client.conn.setNoDelay();
  await client.say("P");
  await client.say("UT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  assert.equal((await client.answer()).body, "fine");
  assert.equal((await client.ask(get())).body, "fine");
  assert.equal(backend.requests[0]?.line, "PUT / HTTP/1.1");
});
