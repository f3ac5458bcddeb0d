import assert from "node:assert/strict";
import { HttpBackend } from "../../support/http_backend.ts";
import { HttpBench, request } from "../../support/http_bench.ts";

for (const status of [204, 304]) {
  Deno.test(`a HEAD that is answered with ${status} and no length stays so`, async () => {
    using backend = new HttpBackend(() =>
      `HTTP/1.1 ${status} X\r\nETag: "a"\r\n\r\n`
    );
    await using bench = new HttpBench([backend.as()]);
    const client = await bench.connect();
    // Twice: the connection goes on after it.
    for (let round = 0; round < 2; round++) {
      await client.say(request("HEAD", "/", []));
      const answer = await client.answer("HEAD");
      assert.equal(answer.status, status);
      assert.ok(answer.headers.includes('etag: "a"'));
    }
    assert.deepEqual(bench.events, []);
  });
}

Deno.test("a HEAD that is answered with 205 stays so, and is the last", async () => {
  using backend = new HttpBackend(() => "HTTP/1.1 205 Reset Content\r\n\r\n");
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  await client.say(request("HEAD", "/", []));
  assert.match(await client.rest(), /^HTTP\/1.1 205 /);
  assert.deepEqual(bench.events, []);
});

Deno.test("a HEAD whose answer says no length gets none", async () => {
  using backend = new HttpBackend(() => "HTTP/1.1 200 OK\r\n\r\n");
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  await client.say(request("HEAD", "/", []));
  const { status, headers } = await client.answer("HEAD");
  assert.equal(status, 200);
  assert.ok(!headers.some((line) => line.startsWith("content-length")));
});
