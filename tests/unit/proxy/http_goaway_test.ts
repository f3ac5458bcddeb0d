import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { text } from "node:stream/consumers";
import { eventually } from "../../support/eventually.ts";
import { issue, TlsBench } from "../../support/tls_bench.ts";

const ISSUED = await issue();
const EVERY_STREAM = 2 ** 31 - 1;

/** A session of HTTP/2 that notes what it is told of its end. */
async function open(url: string): Promise<{
  readonly session: ClientHttp2Session;
  readonly farewells: readonly number[];
  readonly closed: Promise<unknown>;
}> {
  const session = connect(url, { ca: ISSUED.ca });
  const farewells: number[] = [];
  session.on("goaway", (code, last) => {
    assert.equal(code, 0);
    farewells.push(last);
  });
  const closed = once(session, "close");
  await once(session, "connect");
  return { session, farewells, closed };
}

/** Has clients leave until all are gone. */
async function part({ bench: { front } }: TlsBench): Promise<void> {
  front.close();
  await eventually(() => {
    front.part();
    return front.connections === 0;
  }, { message: "all are gone" });
}

Deno.test("a port that is closed tells clients of HTTP/2 to go, and answers what they asked", async () => {
  const asked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  await using tls = new TlsBench(ISSUED, async ({ url }) => {
    if (!url.endsWith("/slow")) return new Response("quick");
    asked.resolve();
    await over.promise;
    return new Response("slow");
  });
  const busy = await open(tls.url);
  const idle = await open(tls.url);
  const quick = idle.session.request({ ":path": "/quick" });
  assert.equal(await text(quick), "quick");
  const slow = busy.session.request({ ":path": "/slow" });
  const response = once(slow, "response");
  const body = text(slow);
  await asked.promise;
  const parting = part(tls);
  await eventually(() => busy.farewells.length === 2, {
    message: "it is told",
  });
  assert.deepEqual(busy.farewells, [EVERY_STREAM, 1]);
  assert.ok(busy.session.closed);
  await idle.closed;
  assert.equal(idle.farewells[0], EVERY_STREAM);
  over.resolve();
  const [headers] = await response;
  assert.equal(headers[":status"], 200);
  assert.equal(await body, "slow");
  await busy.closed;
  await parting;
});

Deno.test("clients of HTTP/2 that move on lose no request when their port is closed", async () => {
  const handler = () => new Response("fine");
  await using next = new TlsBench(ISSUED, handler);
  await using first = new TlsBench(ISSUED, handler);
  let target = first;
  let isOver = false;
  let answers = 0;
  const ask = async () => {
    while (!isOver) {
      const { session, closed } = await open(target.url);
      while (!session.closed && !isOver) {
        const stream = session.request({ ":path": "/" });
        assert.equal(await text(stream), "fine");
        answers++;
      }
      session.close();
      await closed;
    }
  };
  const clients = Promise.all([1, 2, 3, 4].map(ask));
  await eventually(() => answers > 100, { message: "they are answered" });
  target = next;
  await part(first);
  const before = answers;
  await eventually(() => answers > before + 100, { message: "they moved on" });
  isOver = true;
  await clients;
});

Deno.test("a client of HTTP/2 that says it opens no more streams has those that are open", async () => {
  await using tls = new TlsBench(ISSUED, ({ body }) => new Response(body));
  const { session, closed } = await open(tls.url);
  const stream = session.request({ ":path": "/", ":method": "POST" });
  const response = once(stream, "response");
  stream.write("one ");
  await response;
  // Says so to the server at once, and waits for the stream.
  session.close();
  stream.write("two ");
  stream.end("three");
  assert.equal(await text(stream), "one two three");
  await closed;
  await eventually(() => tls.bench.front.connections === 0, {
    message: "the connection is closed",
  });
});
