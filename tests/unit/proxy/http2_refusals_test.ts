import assert from "node:assert/strict";
import { once } from "node:events";
import { Http2Client, issue, TlsBench } from "../../support/tls_bench.ts";

const ISSUED = await issue();

Deno.test("over HTTP/2 the methods of the gate, and a GET that says it has a body, are refused", async () => {
  let requests = 0;
  await using tls = new TlsBench(ISSUED, () => new Response(`${++requests}`));
  const cases = [
    { ":method": "DEWY-REFUSED" },
    { ":method": "DEWY-BODY-GET", "content-length": "4" },
    { ":method": "GET", "content-length": "4" },
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
