import assert from "node:assert/strict";
import { delay, within } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { type BackendPeer, HttpBackend, ok } from "../support/http_backend.ts";
import { get, HttpBench, type RawClient } from "../support/http_bench.ts";

const CHUNKED_HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
const UPLOAD = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";
/** How soon one side has to hear that the other is gone, milliseconds. */
const SOON_MS = 1_000;

/** Runs a test with a backend whose connections it serves itself. */
async function withPeer(
  serve: (peer: BackendPeer, index: number) => Promise<void>,
  test: (client: RawClient, bench: HttpBench) => Promise<void>,
  limits: ConstructorParameters<typeof HttpBench>[1] = {},
): Promise<void> {
  using backend = HttpBackend.raw(serve);
  await using bench = new HttpBench([backend.as()], limits);
  await test(await bench.connect(), bench);
}

async function soon(promise: Promise<unknown>, what: string): Promise<void> {
  const done = promise.then(() => "done");
  assert.equal(await within(done, SOON_MS), "done", what);
}

Deno.test("parts of an answer arrive as they are sent", async () => {
  const turns = [1, 2, 3].map(() => Promise.withResolvers<void>());
  await withPeer(async (peer) => {
    await peer.head();
    await peer.say(`${CHUNKED_HEAD}Content-Type: text/event-stream\r\n\r\n`);
    for (const [index, turn] of turns.entries()) {
      await turn.promise;
      await peer.say(`9\r\ndata: ${index}\n\n\r\n`);
    }
    await peer.say("0\r\n\r\n");
  }, async (client) => {
    await client.say(get());
    assert.match(await client.head(), /^HTTP\/1\.1 200 /);
    for (const [index, turn] of turns.entries()) {
      turn.resolve();
      await soon(client.until(`data: ${index}\n\n\r\n`), `event ${index}`);
    }
    await client.until("0\r\n\r\n");
  });
});

Deno.test("parts of a request arrive as they are sent", async () => {
  const parts: string[] = [];
  await withPeer(async (peer) => {
    await peer.head();
    for (;;) {
      parts.push(peer.received);
      if (peer.received.endsWith("0\r\n\r\n")) break;
      await peer.more();
    }
    await peer.say(ok("done"));
  }, async (client) => {
    await client.say(`${UPLOAD}\r\n`);
    for (const part of ["one", "two", "six"]) {
      await client.say(`3\r\n${part}\r\n`);
      await eventually(() => parts.at(-1)?.endsWith(`3\r\n${part}\r\n`), {
        message: `${part} arrives`,
      });
    }
    await client.say("0\r\n\r\n");
    assert.equal((await client.answer()).body, "done");
  });
});

Deno.test("an answer may begin while the request goes on", async () => {
  await withPeer(async (peer) => {
    await peer.head();
    await peer.say(`${CHUNKED_HEAD}\r\n5\r\nearly\r\n`);
    while (!peer.received.includes("late")) await peer.more();
    await peer.say("4\r\nlate\r\n0\r\n\r\n");
  }, async (client) => {
    await client.say(`${UPLOAD}\r\n4\r\nfrom\r\n`);
    await client.until("5\r\nearly\r\n");
    await client.say("4\r\nlate\r\n0\r\n\r\n");
    await client.until("4\r\nlate\r\n0\r\n\r\n");
  });
});

Deno.test("the rest of a request that was answered early is no request", async () => {
  const lines: string[] = [];
  await withPeer(async (peer) => {
    for (;;) {
      const head = await peer.head();
      if (head === undefined) return;
      lines.push(head.line);
      await peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    }
  }, async (client, bench) => {
    const poison = get("/poison");
    await client.say(
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${
        10 * poison.length
      }\r\n\r\n`,
    );
    assert.equal((await client.answer()).status, 413);
    for (let round = 0; round < 10; round++) await client.say(poison);
    const other = await bench.connect();
    assert.equal((await other.ask(get("/other"))).status, 413);
    assert.deepEqual(lines, ["POST / HTTP/1.1", "GET /other HTTP/1.1"]);
  });
});

const EXPECTING = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n" +
  "Expect: 100-continue\r\n\r\n";

Deno.test("the backend's go-ahead brings the body", async () => {
  await withPeer(async (peer) => {
    const head = await peer.head();
    assert.ok(head?.headers.includes("expect: 100-continue"));
    assert.equal(peer.received, "");
    await peer.say("HTTP/1.1 100 Continue\r\n\r\n");
    await peer.say(ok(await peer.body(head?.headers ?? [])));
  }, async (client) => {
    await client.say(EXPECTING);
    assert.equal(await client.head(), "HTTP/1.1 100 Continue");
    await client.say("body");
    assert.equal((await client.answer()).body, "body");
  });
});

Deno.test("a backend that refuses in place of a go-ahead gets no body", async () => {
  const came = Promise.withResolvers<string>();
  await withPeer(async (peer) => {
    await peer.head();
    await peer.say("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    await peer.gone();
    came.resolve(peer.received);
  }, async (client) => {
    await client.say(`${EXPECTING}body`);
    assert.equal(await client.head(), "HTTP/1.1 100 Continue");
    assert.equal((await client.answer()).status, 417);
    assert.equal(await came.promise, "");
  });
});

Deno.test("without a go-ahead the body goes after a second", async () => {
  let waitedMs = 0;
  await withPeer(async (peer) => {
    const head = await peer.head();
    const startedAt = performance.now();
    const body = await peer.body(head?.headers ?? []);
    waitedMs = performance.now() - startedAt;
    await peer.say(ok(body));
  }, async (client) => {
    await client.say(`${EXPECTING}body`);
    await client.head();
    assert.equal((await client.answer()).body, "body");
    assert.ok(waitedMs > 900 && waitedMs < 8_000, `${waitedMs} ms`);
  });
});

Deno.test("a client that leaves ends the request at the backend", async () => {
  const stages: [string, string, string][] = [
    ["before the head", get(), ""],
    ["within the body", get(), `${CHUNKED_HEAD}\r\n4\r\npart\r\n`],
    ["within the upload", `${UPLOAD}\r\n4\r\npart\r\n`, ""],
    ["within both", `${UPLOAD}\r\n4\r\npart\r\n`, `${CHUNKED_HEAD}\r\n`],
  ];
  for (const [when, request, answer] of stages) {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<string>();
    await withPeer(async (peer) => {
      await peer.head();
      while (request.includes("part") && !peer.received.includes("part")) {
        await peer.more();
      }
      if (answer !== "") await peer.say(answer);
      asked.resolve();
      await peer.gone();
      left.resolve(peer.received);
    }, async (client, bench) => {
      await client.say(request);
      await asked.promise;
      if (answer !== "") await client.head();
      client[Symbol.dispose]();
      await soon(left.promise, `the backend hears of it, ${when}`);
      // The end of what came must not look like the end of the body.
      assert.ok(!(await left.promise).includes("0\r\n\r\n"), when);
      await eventually(() => bench.balancer.inFlight("a") === 0, {
        message: "nothing is in flight",
      });
      assert.deepEqual(bench.events, []);
    });
  }
});

Deno.test("a client that leaves while it is held leaves nothing behind", async () => {
  await using bench = new HttpBench([], { limits: { holdMs: 60_000 } });
  const client = await bench.connect();
  await client.say(get());
  await delay(50);
  client[Symbol.dispose]();
  await eventually(() => bench.served.length === 1, { message: "it is over" });
});

Deno.test("a body that the backend cuts off is cut off for the client", async () => {
  const answers = [
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart",
    `${CHUNKED_HEAD}\r\n4\r\npart\r\n`,
    `${CHUNKED_HEAD}\r\n4\r\npart\r\n0\r\n`,
    `${CHUNKED_HEAD}\r\n4\r\npart\r\nxyz\r\n`,
  ];
  for (const answer of answers) {
    await withPeer(async (peer) => {
      await peer.head();
      await peer.say(answer);
      await delay(50);
      peer.conn.close();
    }, async (client, bench) => {
      await client.say(get());
      const got = await client.rest();
      assert.match(got, /^HTTP\/1\.1 200 /);
      assert.ok(got.includes("part"));
      assert.ok(!got.includes("0\r\n\r\n"), "It does not look complete");
      assert.deepEqual(bench.events, []);
    });
  }
});

Deno.test("a body without a length ends with the backend's connection", async () => {
  await withPeer(async (peer) => {
    await peer.head();
    await peer.say("HTTP/1.1 200 OK\r\n\r\nall ");
    await delay(20);
    await peer.say("of it");
    peer.conn.close();
  }, async (client) => {
    for (let round = 0; round < 2; round++) {
      assert.equal((await client.ask(get())).body, "all of it");
    }
  });
});

Deno.test("a client may end its side after the request", async () => {
  await withPeer(async (peer) => {
    await peer.head();
    await peer.say(ok("x"));
  }, async (client) => {
    await client.say(get());
    await client.conn.closeWrite();
    assert.match(await client.rest(), /\r\n\r\nx$/);
  });
});
