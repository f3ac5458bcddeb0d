import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { get, HttpBench, type RawClient } from "../support/http_bench.ts";
import {
  BODY,
  chunks,
  length,
  PASSED,
  POISON,
  REFUSED,
} from "../support/smuggling_corpus.ts";

/** A backend that notes what comes, and a proxy with one kept connection to it. */
async function withBench(
  test: (bench: HttpBench, backend: HttpBackend) => Promise<void>,
): Promise<void> {
  using backend = new HttpBackend(() => ok("", "X-Backend: a"));
  backend.wire = "";
  await using bench = new HttpBench([backend.as()]);
  await test(bench, backend);
  for (const { line, headers } of backend.requests) {
    assert.match(line, /^[A-Z]+ (?:\/[\x21-\x7e]*|\*) HTTP\/1\.1$/);
    for (const header of headers) {
      assert.match(header, /^[a-z0-9-]+: [^\0\r\n]*$/);
    }
    const count = (name: string) =>
      headers.filter((header) => header.startsWith(`${name}: `)).length;
    assert.equal(count("host"), 1);
    assert.equal(count("x-forwarded-for"), 1);
    assert.ok(count("content-length") + count("transfer-encoding") <= 1);
    for (const name of ["connection", "upgrade", "http2-settings", "te"]) {
      assert.equal(count(name), 0);
    }
  }
}

/** Sends it all, and returns what came until nothing more does. */
async function exchange(client: RawClient, bytes: string): Promise<string> {
  await client.say(bytes);
  await delay(60);
  await client.conn.closeWrite();
  return await client.rest();
}

function seen(backend: HttpBackend): string[] {
  return backend.requests.map(({ line, body }) =>
    `${line.replace(/ HTTP\/1\.1$/, "")} ${body}`
  );
}

for (const [name, bytes] of Object.entries(REFUSED)) {
  Deno.test(`refused: ${name}`, async () => {
    await withBench(async (bench, backend) => {
      const answers = await exchange(await bench.connect(), bytes);
      assert.match(answers, /^HTTP\/1\.1 (?:400|405) /);
      assert.ok(!answers.includes("x-backend"), answers);
      // Whatever of it reached a backend has not spoiled a connection.
      const next = await (await bench.connect()).ask(get("/after"));
      assert.equal(next.status, 200);
      await eventually(() => bench.balancer.inFlight("a") === 0, {
        message: "nothing is in flight",
      });
      assert.deepEqual(seen(backend), ["GET /after "]);
      // Not even within what was cut off.
      assert.doesNotMatch(backend.wire ?? "", /poison/i);
    });
  });
}

for (const [name, [bytes, expected]] of Object.entries(PASSED)) {
  Deno.test(`passed: ${name}`, async () => {
    await withBench(async (bench, backend) => {
      const answers = await exchange(await bench.connect(), bytes);
      assert.deepEqual(seen(backend), expected);
      const count = answers.match(/x-backend: a\r\n/g)?.length ?? 0;
      assert.equal(count, expected.length);
      assert.deepEqual(backend.cuts, []);
    });
  });
}

Deno.test("bytes in any pieces make the same requests", async () => {
  const bytes = length(`${POISON.length}`, POISON) + chunks(BODY) + get("/n");
  const expected = [`POST /x ${POISON}`, "POST /x abc", "GET /n "];
  for (const size of [1, 7, 50]) {
    await withBench(async (bench, backend) => {
      const client = await bench.connect();
      for (let at = 0; at < bytes.length; at += size) {
        await client.say(bytes.slice(at, at + size));
      }
      for (const _ of expected) {
        assert.equal((await client.answer()).status, 200);
      }
      assert.deepEqual(seen(backend), expected);
    });
  }
});
