import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { HttpBackend } from "../../support/http_backend.ts";
import { HttpBench } from "../../support/http_bench.ts";

const HALF =
  "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 50\r\n\r\nhello";
const HALF_CHUNKED =
  "POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
const HALF_ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel";

for (
  const [how, words] of [["a length", HALF], ["chunks", HALF_CHUNKED]] as const
) {
  Deno.test(`an answer that is cut during an upload with ${how} is cut for the client`, async () => {
    using backend = HttpBackend.raw(async (peer) => {
      await peer.head();
      await peer.say(HALF_ANSWER);
      peer.conn.close();
    });
    await using bench = new HttpBench([backend.as()]);
    for (let round = 0; round < 10; round++) {
      const client = await bench.connect();
      await client.say(words);
      // Were it not cut, nothing would come for as long as a client is waited for.
      await client.rest();
    }
    assert.equal(bench.balancer.inFlight("a"), 0);
    await eventually(() => bench.front.connections === 0, {
      message: "the clients are gone",
    });
  });
}
