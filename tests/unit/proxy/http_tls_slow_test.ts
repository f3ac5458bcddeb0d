import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { HttpBackend, ok } from "../../support/http_backend.ts";
import { get } from "../../support/http_bench.ts";
import { issue } from "../../support/tls_bench.ts";
import { SocketBench } from "../../support/websocket_bench.ts";

Deno.test("a client that drips its second request over TLS is cut", async () => {
  const issued = await issue();
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new SocketBench([backend.as()], {
    certificate: issued,
    limits: { headerTimeoutMs: 1_500 },
  });
  const socket = connect({
    port: bench.port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: issued.ca,
  });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  socket.write(get());
  await once(socket, "data");
  const closed = once(socket, "close");
  socket.write("GET / HTTP/1.1\r\nX: ");
  const drip = setInterval(() => socket.write("a"), 200);
  await closed;
  clearInterval(drip);
  assert.equal(backend.requests.length, 1);
});
