import assert from "node:assert/strict";
import { request as nodeRequest } from "node:http";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { eventually } from "../support/eventually.ts";
import { type Answer, HttpBackend, ok } from "../support/http_backend.ts";
import { get, HttpBench, request } from "../support/http_bench.ts";

async function withBackend(
  answer: Answer,
  test: (bench: HttpBench, backend: HttpBackend) => Promise<void>,
): Promise<void> {
  using backend = new HttpBackend(answer);
  await using bench = new HttpBench([backend.as()]);
  await test(bench, backend);
}

Deno.test("a request and its answer pass with their headers", async () => {
  const answer = ok("hello", "Set-Cookie: a=1", "Set-Cookie: b=2", "ETag: x");
  await withBackend(() => answer, async (bench, backend) => {
    const response = await fetch(`${bench.url}/path?q=1`, {
      headers: { "x-a": "b", cookie: "c=d" },
    });
    assert.equal(await response.text(), "hello");
    assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    assert.equal(response.headers.get("etag"), "x");
    const [got] = backend.requests;
    assert.equal(got?.line, "GET /path?q=1 HTTP/1.1");
    assert.ok(got.headers.includes(`host: 127.0.0.1:${bench.port}`));
    assert.ok(got.headers.includes("x-a: b"));
    assert.ok(got.headers.includes("cookie: c=d"));
    assert.ok(got.headers.includes("x-forwarded-for: 127.0.0.1"));
    const [served] = bench.served;
    assert.equal(served?.status, 200);
    assert.equal(served.bytes, 5);
    assert.equal(served.backend, "a");
  });
});

Deno.test("connections are kept on both sides", async () => {
  await withBackend(() => ok("x"), async (bench, backend) => {
    const client = await bench.connect();
    for (let round = 0; round < 20; round++) {
      assert.equal((await client.ask(get())).body, "x");
      const posted = await client.ask(request("POST", "/", [], "body"));
      assert.equal(posted.status, 200);
    }
    assert.equal(backend.requests.length, 40);
    assert.equal(backend.connections, 1);
    assert.equal(bench.front.connections, 1);
  });
});

Deno.test("pipelined requests are answered in their order", async () => {
  const answer: Answer = ({ line }) => ok(line.split(" ")[1] ?? "");
  await withBackend(answer, async (bench, backend) => {
    const client = await bench.connect();
    const paths = ["/1", "/2", "/3", "/4"];
    await client.say(paths.map((path) => get(path)).join(""));
    for (const path of paths) assert.equal((await client.answer()).body, path);
    assert.equal(backend.requests.length, 4);
  });
});

Deno.test("answers without a body have none", async () => {
  const statuses: Answer = ({ line }) => {
    const [method, path = ""] = line.split(" ");
    if (method === "HEAD") {
      return path === "/none"
        ? "HTTP/1.1 200 OK\r\n\r\n"
        : "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: x\r\n\r\n";
    }
    return `HTTP/1.1 ${path.slice(1)} Word\r\nETag: x\r\n\r\n`;
  };
  await withBackend(statuses, async (bench, backend) => {
    const client = await bench.connect();
    await client.say(request("HEAD", "/", []));
    const head = await client.answer("HEAD");
    assert.ok(head.headers.includes("content-length: 1234"));
    await client.say(request("HEAD", "/none", []));
    const unsaid = await client.answer("HEAD");
    assert.ok(
      !unsaid.headers.some((line) => line.startsWith("content-length")),
    );
    for (const status of [204, 304]) {
      const answer = await client.ask(get(`/${status}`));
      assert.equal(answer.status, status);
      assert.ok(answer.headers.includes("etag: x"));
      assert.ok(!answer.headers.some((l) => l.startsWith("content-length")));
    }
    assert.equal(backend.connections, 1);
    assert.equal(bench.served.length, 4);
  });
});

Deno.test("a 205 has no body, whatever the backend sends", async () => {
  const answers = [
    "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 205 Reset\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n",
  ];
  let index = 0;
  await withBackend(() => answers[index++], async (bench) => {
    for (const _ of answers) {
      const client = await bench.connect();
      await client.say(get());
      assert.match(await client.head(), /^HTTP\/1\.1 205 /);
      // Without a length it is the end of the connection that ends the answer.
      assert.equal(await client.rest(), "");
    }
  });
});

Deno.test("an HTTP/1.0 client is served, also without Host", async () => {
  await withBackend(() => ok("x"), async (bench, backend) => {
    const client = await bench.connect();
    await client.say("GET / HTTP/1.0\r\n\r\n");
    assert.match(await client.rest(), /^HTTP\/1\.0 200 .*\r\n\r\nx$/s);
    const kept = await bench.connect();
    const asks = "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n";
    for (let round = 0; round < 2; round++) {
      assert.equal((await kept.ask(asks)).body, "x");
    }
    assert.ok(backend.requests[0]?.headers.includes("host: "));
    assert.ok(backend.requests.every(({ line }) => line === "GET / HTTP/1.1"));
  });
});

Deno.test("compressed bodies pass byte for byte", async () => {
  const plain = new TextEncoder().encode("dewy ".repeat(20_000));
  const codings = {
    gzip: gzipSync(plain),
    br: brotliCompressSync(plain),
    zstd: zstdCompressSync(plain),
  };
  const latin1 = (bytes: Uint8Array) =>
    Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const answer: Answer = ({ line }) => {
    const [name, bytes] =
      Object.entries(codings).find(([name]) => line.includes(name)) ?? [];
    const headers = [`Content-Encoding: ${name}`, 'ETag: "e"', "Vary: x"];
    return ok(latin1(bytes ?? new Uint8Array()), ...headers);
  };
  await withBackend(answer, async (bench) => {
    for (const [name, bytes] of Object.entries(codings)) {
      const client = await bench.connect();
      const got = await client.ask(
        get(`/${name}`, "Accept-Encoding: gzip, br, zstd"),
      );
      assert.equal(got.body, latin1(bytes));
      assert.ok(got.headers.includes(`content-encoding: ${name}`));
      assert.ok(got.headers.includes('etag: "e"'));
    }
    const decoded = await fetch(`${bench.url}/gzip`);
    assert.deepEqual(await decoded.bytes(), plain);
  });
});

Deno.test("trailers are dropped, and the connection goes on", async () => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" +
    "Trailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n";
  await withBackend(() => chunked, async (bench, backend) => {
    const client = await bench.connect();
    const upload = "POST / HTTP/1.1\r\nHost: h\r\nTrailer: X-Sum\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n";
    for (let round = 0; round < 3; round++) {
      const answer = await client.ask(upload);
      assert.equal(answer.body, "abc");
      assert.ok(!answer.headers.some((line) => line.startsWith("trailer")));
    }
    assert.equal(backend.connections, 1);
    assert.ok(backend.requests.every(({ body }) => body === "abc"));
    assert.deepEqual(backend.cuts, []);
  });
});

Deno.test("large heads pass both ways", async () => {
  const value = "v".repeat(15_000);
  const headers = ["A", "B", "C", "D"].map((name) => `X-${name}: ${value}`);
  await withBackend(() => ok("x", ...headers), async (bench, backend) => {
    const client = await bench.connect();
    const answer = await client.ask(get("/", ...headers));
    assert.ok(answer.headers.includes(`x-d: ${value}`));
    assert.ok(backend.requests[0]?.headers.includes(`x-d: ${value}`));
  });
});

Deno.test("an answer whose head is not HTTP is a 502, and no reason to die", async () => {
  const bad = [
    "HTTP/1.1 200 OK\r\nX-A: a\x01b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-A: a\x7fb\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "SSH-2.0-OpenSSH_9.0\r\n\r\n",
  ];
  let index = 0;
  await withBackend(() => bad[index++], async (bench) => {
    for (const _ of bad) {
      const response = await fetch(bench.url);
      assert.equal(response.status, 502);
      assert.equal(response.headers.get("dewy-error"), "backend-invalid");
      await response.body?.cancel();
    }
    assert.equal(bench.events.length, 0);
  });
});

Deno.test("node:http is served as well", async () => {
  await withBackend(({ body }) => ok(body), async (bench) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const asking = nodeRequest(
      { port: bench.port, method: "PUT", headers: { "x-a": "b" } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part) => text += part);
        response.on("end", () => resolve(text));
      },
    );
    asking.on("error", reject);
    asking.write("one ");
    asking.end("two");
    assert.equal(await promise, "one two");
  });
});

Deno.test("without a backend there is a 503, or a wait for one", async () => {
  {
    await using bench = new HttpBench([]);
    const response = await fetch(bench.url);
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("dewy-error"), "no-backend");
    assert.equal(response.headers.get("retry-after"), "1");
    await response.body?.cancel();
    assert.deepEqual(bench.meter.failures, ["no-backend"]);
    assert.equal(bench.meter.requests, 1, "counted, whatever came of it");
  }
  using backend = new HttpBackend(() => ok("x"));
  await using bench = new HttpBench([], { limits: { holdMs: 5_000 } });
  const client = await bench.connect();
  await client.say(get());
  await eventually(() => bench.front.connections === 1, {
    message: "it is connected",
  });
  bench.balancer.replace([backend.as()]);
  assert.equal((await client.answer()).body, "x");
  await using short = new HttpBench([], { limits: { holdMs: 50 } });
  assert.equal((await (await short.connect()).ask(get())).status, 503);
});

Deno.test("each request is over once, whatever comes after it on its connection", async () => {
  const answer: Answer = ({ line }) =>
    ok("x".repeat(Number(line.split("/")[1]?.split(" ")[0])));
  await withBackend(answer, async (bench) => {
    const rounds = 100;
    const clients = await Promise.all(
      Array.from({ length: 30 }, () => bench.connect()),
    );
    await Promise.all(clients.map(async (client, index) => {
      for (let round = 0; round < rounds; round++) {
        const { body } = await client.ask(get(`/${index}`));
        assert.equal(body.length, index);
      }
    }));
    assert.equal(bench.served.length, clients.length * rounds);
    for (const { request, bytes } of bench.served) {
      assert.equal(bytes, Number(new URL(request.url).pathname.slice(1)));
    }
    assert.equal(bench.balancer.inFlight("a"), 0);
  });
});

Deno.test("nothing is kept open to a backend that is out of its turn", async () => {
  const open = new Set<number>();
  using backend = HttpBackend.raw(async (peer, index) => {
    open.add(index);
    while (await peer.head() !== undefined) {
      await peer.say(ok("x", "Keep-Alive: timeout=60"));
    }
    open.delete(index);
  });
  await using bench = new HttpBench([backend.as()]);
  const clients = await Promise.all([1, 2, 3].map(() => bench.connect()));
  await Promise.all(clients.map((client) => client.ask(get())));
  assert.ok(open.size > 0);
  bench.balancer.replace([backend.as("draining")]);
  await eventually(() => open.size === 0, {
    message: "they are closed",
  });
});
