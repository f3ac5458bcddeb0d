import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { get, HttpBench, RawClient, request } from "../support/http_bench.ts";
import { PlaneProcess } from "../support/plane_process.ts";
import { say, TcpBackend, writeAll } from "../support/tcp_bench.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

async function sendBytes(conn: Deno.TcpConn, total: number): Promise<void> {
  const block = new Uint8Array(MIB);
  for (let sent = 0; sent < total; sent += block.length) {
    await writeAll(conn, block);
  }
}

/** Reads a head and what came behind it. */
async function passHead(
  conn: Deno.TcpConn,
): Promise<{ readonly head: string; readonly extra: number }> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (;;) {
    const count = await conn.read(buffer) ?? 0;
    assert.ok(count > 0, "It ends within the head");
    text += String.fromCharCode(...buffer.subarray(0, count));
    const at = text.indexOf("\r\n\r\n");
    if (at >= 0) {
      return { head: text.slice(0, at), extra: text.length - at - 4 };
    }
  }
}

async function countUpTo(conn: Deno.TcpConn, total: number): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  for (let left = total; left > 0;) {
    const count = await conn.read(buffer);
    assert.ok(count !== null, `It ends ${left} bytes early`);
    left -= count;
  }
}

Deno.test("a gigabyte each way leaves the plane's memory flat", async () => {
  using backend = new TcpBackend("a").serve(async (conn) => {
    const { head, extra } = await passHead(conn);
    if (head.startsWith("POST")) await countUpTo(conn, GIB - extra);
    await say(conn, `HTTP/1.1 200 OK\r\nContent-Length: ${GIB}\r\n\r\n`);
    await sendBytes(conn, GIB);
    conn.close();
  });
  await using plane = await PlaneProcess.start("http", backend.port);
  const open = () => Deno.connect({ hostname: "127.0.0.1", port: plane.port });
  const download = async () => {
    using client = await open();
    await say(client, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const { extra } = await passHead(client);
    await countUpTo(client, GIB - extra);
  };
  await download();
  const { now } = await plane.memory();
  await download();
  using client = await open();
  await say(
    client,
    `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${GIB}\r\n\r\nx`,
  );
  await sendBytes(client, GIB - MIB);
  await writeAll(client, new Uint8Array(MIB - 1));
  const { extra } = await passHead(client);
  await countUpTo(client, GIB - extra);
  const { peak } = await plane.memory();
  const growth = (peak - now) / MIB;
  assert.ok(growth < 64, `It grew by ${growth.toFixed(1)} MiB`);
  assert.ok(peak < 256 * MIB, `It has ${(peak / MIB).toFixed(1)} MiB`);
});

Deno.test("draining waits for what is in flight, also for what is connecting", async () => {
  const go = Promise.withResolvers<void>();
  using old = new HttpBackend(async () => {
    await go.promise;
    return ok("old");
  }, "old");
  using next = new HttpBackend(() => ok("next"), "next");
  await using bench = new HttpBench([old.as()]);
  const client = await bench.connect();
  await client.say(get());
  await eventually(() => old.requests.length === 1, { message: "it is asked" });
  // Asked in the same moment as the table is swapped.
  const late = await bench.connect();
  await late.say(get());
  bench.balancer.replace([old.as("draining"), next.as()]);
  const drained = bench.balancer.drained("old", new AbortController().signal);
  const after = await bench.connect();
  assert.equal((await after.ask(get())).body, "next");
  go.resolve();
  assert.equal((await client.answer()).body, "old");
  assert.match((await late.answer()).body, /^(?:old|next)$/);
  assert.deepEqual(await drained, { cut: 0 });
  assert.equal(bench.balancer.inFlight("old"), 0);
});

Deno.test("what does not end in time is cut", async () => {
  using old = HttpBackend.raw(async (peer) => {
    const head = await peer.head();
    if (head?.line.includes("/part")) {
      await peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
    }
    await peer.gone();
  }, "old");
  await using bench = new HttpBench([old.as()]);
  const [silent, part] = [await bench.connect(), await bench.connect()];
  await silent.say(request("POST", "/", [], "body"));
  await part.say(get("/part"));
  await part.until("part");
  await eventually(() => bench.balancer.inFlight("old") === 2, {
    message: "both are in flight",
  });
  bench.balancer.replace([]);
  const drained = await bench.balancer.drained("old", AbortSignal.timeout(100));
  assert.deepEqual(drained, { cut: 2 });
  assert.equal((await silent.answer()).status, 502);
  assert.equal(await part.rest(), "");
});

/** One backend of a generation; what it answers names it. */
function backendOf(id: string): HttpBackend {
  return new HttpBackend(async ({ line, body }, peer) => {
    if (line.includes("/events")) {
      await peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (let index = 0; index < 10; index++) {
        await delay(50);
        await peer.say(`4\r\n${id}\r\n`);
      }
      return "0\r\n\r\n";
    }
    return ok(`${id}${body.length}`);
  }, id);
}

const UPLOAD_PARTS = 10;

/** What clients do all the time; each returns how often it could. */
const WORK: Readonly<
  Record<string, (client: RawClient) => Promise<void>>
> = {
  get: async (client) => {
    assert.match((await client.ask(get())).body, /^g\d{3}0$/);
  },
  post: async (client) => {
    const { body } = await client.ask(request("POST", "/", [], "body"));
    assert.match(body, /^g\d{3}4$/);
  },
  upload: async (client) => {
    await client.say(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    for (let part = 0; part < UPLOAD_PARTS; part++) {
      await delay(40);
      await client.say("3\r\nabc\r\n");
    }
    await client.say("0\r\n\r\n");
    assert.match((await client.answer()).body, /^g\d{3}30$/);
  },
  events: async (client) => {
    const { body } = await client.ask(get("/events"));
    const [id = ""] = body.match(/^g\d{3}/) ?? [];
    assert.equal(body, id.repeat(10));
  },
};

async function work(
  bench: HttpBench,
  until: number,
  kind: string,
  connection: "kept" | "fresh",
): Promise<string[]> {
  const failures: string[] = [];
  let client: RawClient | undefined;
  while (Date.now() < until) {
    try {
      client ??= await RawClient.open(bench.port);
      await WORK[kind]?.(client);
      await delay(2);
    } catch (error) {
      failures.push(`${kind}: ${error}`);
      client?.[Symbol.dispose]();
      client = undefined;
    }
    if (connection === "kept") continue;
    client?.[Symbol.dispose]();
    client = undefined;
  }
  client?.[Symbol.dispose]();
  return failures;
}

Deno.test("a hundred swaps of the table in twenty seconds under load fail no request", async () => {
  const idOf = (index: number) => `g${`${index}`.padStart(3, "0")}`;
  const generation = (number: number) =>
    [2 * number, 2 * number + 1].map((index) => backendOf(idOf(index)));
  let current = generation(0);
  await using bench = new HttpBench(current.map((backend) => backend.as()));
  const until = Date.now() + 20_000;
  const working = Promise.all(
    Object.keys(WORK).flatMap((kind) => [
      ...Array.from({ length: 4 }, () => work(bench, until, kind, "fresh")),
      ...Array.from({ length: 4 }, () => work(bench, until, kind, "kept")),
    ]),
  );
  const never = new AbortController();
  const retired: Promise<number>[] = [];
  for (let number = 1; number <= 100; number++) {
    await delay(190);
    const old = current;
    current = generation(number);
    bench.balancer.replace(current.map((backend) => backend.as()));
    for (const backend of old) {
      const { id } = backend.as();
      const drained = bench.balancer.drained(id, never.signal);
      // It refuses connections, and cuts those that it has, as soon as it may.
      retired.push(drained.then(({ cut }) => {
        backend[Symbol.dispose]();
        return cut;
      }));
    }
  }
  const failures = (await working).flat();
  assert.deepEqual(failures, []);
  assert.deepEqual(bench.meter.failures, []);
  assert.ok((await Promise.all(retired)).every((cut) => cut === 0));
  assert.ok(bench.served.length > 2_000, `${bench.served.length} requests`);
  assert.ok(bench.served.every(({ status }) => status === 200));
  for (const backend of current) backend[Symbol.dispose]();
});
