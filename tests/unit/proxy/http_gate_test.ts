import assert from "node:assert/strict";
import { NO_METER } from "../../../src/proxy/meter.ts";
import { Gate } from "../../../src/proxy/http/gate.ts";
import { eventually } from "../../support/eventually.ts";
import { RawClient } from "../../support/http_bench.ts";
import { encode, readLine, writeAll } from "../../support/tcp_bytes.ts";

const HOSTNAME = "127.0.0.1";
/** A request whose body does not end, so that all that follows is passed on. */
const HEAD = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n";

/** A gate, and in the place of the HTTP server a listener that a test ends. */
class GateBench implements AsyncDisposable {
  server = listen();
  readonly #listener = listen();
  readonly #gate = new Gate({
    listener: this.#listener,
    limits: { maxConnections: 10, headerTimeoutMs: 60_000, idleTimeoutMs: 0 },
    meter: NO_METER,
    serverPort: () => this.server.addr.port,
  });

  get connections(): number {
    return this.#gate.connections;
  }

  connect(): Promise<RawClient> {
    return RawClient.open(this.#listener.addr.port);
  }

  /** Waits until the HTTP server was told so much that it did not accept. */
  async told(bytes: number): Promise<void> {
    const port = this.server.addr.port.toString(16).toUpperCase();
    await eventually(async () => {
      const table = await Deno.readTextFile("/proc/net/tcp");
      const queues = table.matchAll(
        new RegExp(`:${port.padStart(4, "0")} \\w+:\\w+ 01 \\w+:(\\w+)`, "g"),
      );
      return queues.some(([, queue]) => parseInt(queue ?? "", 16) === bytes);
    }, { message: `the server was told ${bytes} bytes` });
  }

  /** Ends the server with what it did not accept, and starts another one. */
  replaceServer(): void {
    this.server.close();
    this.server = listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gate.end();
    await this.#gate.finished;
    this.server.close();
  }
}

/** Reads as many lines as {@link HEAD} has. */
async function readHead(conn: Deno.TcpConn): Promise<string> {
  let head = "";
  while (!head.endsWith("\r\n\r\n")) head += await readLine(conn);
  return head;
}

function listen(): Deno.TcpListener {
  return Deno.listen({ hostname: HOSTNAME, port: 0 });
}

Deno.test("what a server did not accept before it ended is said to the next one", async () => {
  await using bench = new GateBench();
  using client = await bench.connect();
  await client.say(`${HEAD}one `);
  await bench.told(HEAD.length + 4);
  bench.replaceServer();
  await client.say("two ");
  await bench.told(HEAD.length + 8);
  bench.replaceServer();
  using server = await bench.server.accept();
  await client.say("three\n");
  assert.equal(await readHead(server), HEAD);
  assert.equal(await readLine(server), "one two three\n");
  await writeAll(server, encode("answer\r\n\r\n"));
  assert.equal(await client.head(), "answer");
});

Deno.test("a client that said nothing yet is served by the next server", async () => {
  await using bench = new GateBench();
  using client = await bench.connect();
  await bench.told(0);
  bench.replaceServer();
  using server = await bench.server.accept();
  await client.say(HEAD);
  assert.equal(await readHead(server), HEAD);
});

Deno.test("a server that has answered is not replaced", async () => {
  await using bench = new GateBench();
  using client = await bench.connect();
  await client.say(HEAD);
  {
    using server = await bench.server.accept();
    await writeAll(server, encode("part"));
    assert.equal(await readHead(server), HEAD);
    bench.replaceServer();
  }
  assert.equal(await client.rest(), "part");
});

Deno.test("a client that a listening server closes is cut", async () => {
  await using bench = new GateBench();
  using client = await bench.connect();
  await client.say(HEAD);
  const server = await bench.server.accept();
  assert.equal(await readHead(server), HEAD);
  server.close();
  assert.equal(await client.rest(), "");
});

Deno.test("a client that leaves while there is no server is forgotten", async () => {
  await using bench = new GateBench();
  const client = await bench.connect();
  await client.say(HEAD);
  await bench.told(HEAD.length);
  bench.server.close();
  client[Symbol.dispose]();
  await eventually(() => bench.connections === 0, { message: "it is gone" });
  bench.server = listen();
});

Deno.test("more than a head is not said again", async () => {
  await using bench = new GateBench();
  using client = await bench.connect();
  await client.say(HEAD + "a".repeat(70_000));
  await bench.told(HEAD.length + 70_000);
  bench.replaceServer();
  assert.equal(await client.rest(), "");
});
