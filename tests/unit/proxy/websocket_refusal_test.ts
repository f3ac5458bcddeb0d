import assert from "node:assert/strict";
import { HttpBackend } from "../../support/http_backend.ts";
import { get, HttpBench } from "../../support/http_bench.ts";

const HANDSHAKE = get(
  "/",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
);

const REFUSALS: readonly (readonly [string, string])[] = [
  ["a body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nabc"],
  ["an empty body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"],
  ["no body", "HTTP/1.1 204 No Content\r\n\r\n"],
];
for (const [what, words] of REFUSALS) {
  Deno.test(`the connection of a refusal with ${what} is closed after it`, async () => {
    const left = Promise.withResolvers<void>();
    using backend = HttpBackend.raw(async (peer) => {
      await peer.head();
      await peer.say(words);
      await peer.gone();
      left.resolve();
      peer.conn.close();
    });
    await using bench = new HttpBench([backend.as()]);
    const client = await bench.connect();
    const { status, body } = await client.ask(HANDSHAKE);
    assert.equal(`${status}`, words.slice(9, 12));
    assert.equal(body, words.endsWith("abc") ? "abc" : "");
    // The client stays: that it leaves must not be what closes the backend's.
    await left.promise;
  });
}
