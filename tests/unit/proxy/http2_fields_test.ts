import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { HttpBackend } from "../../support/http_backend.ts";
import { issue } from "../../support/tls_bench.ts";
import { SocketBench } from "../../support/websocket_bench.ts";

const ISSUED = await issue();
const ANSWER = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" +
  "Trailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n";

Deno.test("over HTTP/2 trailers are dropped, pieces of Cookie are joined, and the connection goes on", async () => {
  using backend = new HttpBackend(() => ANSWER);
  await using bench = new SocketBench([backend.as()], { certificate: ISSUED });
  const session = connect(`https://localhost:${bench.port}`, {
    ca: ISSUED.ca,
  });
  const trailers: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    const stream = session.request({
      ":path": "/",
      ":method": "POST",
      // RFC 9113, 8.2.3.
      cookie: ["a=1", "b=2"],
      te: "trailers",
      trailer: "x-sum",
    }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "2" }));
    stream.on("trailers", (fields) => trailers.push(fields));
    const response = once(stream, "response");
    stream.end("body");
    const [headers] = await response;
    assert.equal(headers[":status"], 200);
    assert.equal(headers["trailer"], undefined);
    assert.equal(await text(stream), "abc");
  }
  session.close();
  assert.deepEqual(trailers, []);
  assert.equal(backend.requests.length, 3);
  assert.equal(backend.connections, 1);
  assert.deepEqual(backend.cuts, []);
  for (const { headers, body } of backend.requests) {
    assert.equal(body, "body");
    assert.ok(headers.includes("cookie: a=1; b=2"), headers.join());
    const isLeft = (line: string) => /^(?:x-sum|te|trailer):/.test(line);
    assert.ok(!headers.some(isLeft), headers.join());
  }
});
