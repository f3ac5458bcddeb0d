import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { HttpArtifactStore } from "../../../src/artifact/http.ts";
import { SourceError } from "../../../src/base/errors.ts";

const NEVER = new AbortController().signal;

/** Runs a web server on a free port. */
async function withServer(
  handler: (request: Request) => Response | Promise<Response>,
  body: (url: string) => Promise<void>,
): Promise<void> {
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, handler);
  await body(`http://127.0.0.1:${server.addr.port}`);
}

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream).text();
}

Deno.test("open() streams what a web server has, with its length", async () => {
  const seen: (string | null)[] = [];
  await withServer((request) => {
    const { headers, url } = request;
    seen.push(headers.get("authorization"), headers.get("accept-encoding"));
    return new URL(url).pathname === "/moved"
      ? Response.redirect(new URL("/a%20b?c=d", url))
      : new Response(new URL(url).pathname);
  }, async (url) => {
    const store = new HttpArtifactStore();
    const body = await store.open(`${url}/a%20b?c=d`, NEVER);
    equal(body.length, 6);
    equal(await text(body.stream), "/a%20b");
    equal((await store.open(`${url}/moved`, NEVER)).length, 6);
    deepEqual([...new Set(seen)], [null, "identity"]);
    seen.length = 0;
    const withUser = url.replace("//", "//us%C3%A9r:p%40ss@");
    await text((await store.open(withUser, NEVER)).stream);
    equal(seen[0], `Basic ${btoa("us\u00c3\u00a9r:p@ss")}`);
  });
});

Deno.test("open() leaves a compressed file compressed, whatever the server says of it", async () => {
  const bytes = new Uint8Array(gzipSync("x".repeat(1_000)));
  await withServer(
    () => new Response(bytes, { headers: { "content-encoding": "gzip" } }),
    async (url) => {
      const { stream, length } = await new HttpArtifactStore().open(url, NEVER);
      equal(length, bytes.length);
      const stored = await new Response(stream).bytes();
      deepEqual(stored, bytes);
    },
  );
});

Deno.test("open() says what the server's refusal means, without secrets", async () => {
  let status = 404;
  await withServer(() => new Response("no", { status }), async (url) => {
    const secret = `${url.replace("//", "//user:hunter2@")}/a?token=hunter2`;
    const codes = {
      404: "not-found",
      410: "not-found",
      401: "denied",
      403: "denied",
      429: "unavailable",
      500: "unavailable",
      206: "unavailable",
    };
    for (const [given, code] of Object.entries(codes)) {
      status = Number(given);
      await rejects(new HttpArtifactStore().open(secret, NEVER), (error) => {
        ok(error instanceof SourceError);
        equal(error.code, code);
        ok(error.message.includes(`HTTP status ${given}`), error.message);
        ok(!error.message.includes("hunter2"), error.message);
        return true;
      });
    }
  });
  const nowhere = new HttpArtifactStore().open("http://127.0.0.1:1/x", NEVER);
  await rejects(nowhere, { code: "unavailable" });
  const noUrl = new HttpArtifactStore().open("http://", NEVER);
  await rejects(noUrl, SourceError);
});

Deno.test("open() gives up on a server that says nothing, at once or in between", async () => {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  const store = new HttpArtifactStore({
    answerMs: 100,
    stallMs: 100,
  });
  await withServer(async ({ url }) => {
    if (url.endsWith("/silent")) await gate;
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
    });
    return new Response(stream);
  }, async (url) => {
    await rejects(store.open(`${url}/silent`, NEVER), {
      code: "timeout",
      message: /nothing came for 0\.1 s/,
    });
    const { stream } = await store.open(`${url}/stalls`, NEVER);
    await rejects(text(stream), { code: "timeout" });
    release();
  });
});

Deno.test("open() ends at an abort, before and after the first bytes", async () => {
  const reason = new Error("stopped");
  const isReason = (error: unknown) => error === reason;
  const store = new HttpArtifactStore();
  await withServer(() => {
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
    });
    return new Response(stream);
  }, async (url) => {
    await rejects(store.open(url, AbortSignal.abort(reason)), isReason);
    const controller = new AbortController();
    const { stream } = await store.open(url, controller.signal);
    // What came is handed on when there is more of it, or when it ends.
    const reading = stream.getReader().read();
    controller.abort(reason);
    await rejects(reading, isReason);
  });
});

Deno.test("a body that breaks off is no whole one", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4_096));
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n12345";
    await connection.write(new TextEncoder().encode(head));
  })();
  const url = `http://127.0.0.1:${listener.addr.port}/x`;
  const body = await new HttpArtifactStore().open(url, NEVER);
  equal(body.length, 100);
  await rejects(text(body.stream), { code: "unavailable" });
  await serving;
});
