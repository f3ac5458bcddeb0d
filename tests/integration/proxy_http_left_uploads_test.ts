import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { type BackendPeer, HttpBackend } from "../support/http_backend.ts";
import { RawClient } from "../support/http_bench.ts";
import { PlaneProcess } from "../support/plane_process.ts";

const AT_ONCE = 50;
const LENGTH =
  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\nhello";
const CHUNKS =
  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
const HALF_ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel";

interface Case {
  readonly name: string;
  /** How many times {@link AT_ONCE}. */
  readonly rounds: number;
  readonly limits?: Readonly<Record<string, number>>;
  /** What the backend does after the head of the request. */
  readonly backend: (peer: BackendPeer) => Promise<void>;
  /** What the client does after the beginning of its upload. */
  readonly client: (client: RawClient) => Promise<unknown>;
}

const CASES: readonly Case[] = [
  {
    name: "leave once the answer has begun",
    rounds: 20,
    backend: async (peer) => {
      await peer.say(HALF_ANSWER);
      await peer.gone();
    },
    client: (client) => client.until("hel"),
  },
  {
    name: "leave once the answer is there",
    rounds: 20,
    backend: async (peer) => {
      await peer.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhel");
      await peer.gone();
    },
    client: (client) => client.until("hel"),
  },
  {
    name: "leave before there is an answer",
    rounds: 20,
    backend: (peer) => peer.gone(),
    client: () => Promise.resolve(),
  },
  {
    name: "are cut off by the backend",
    rounds: 20,
    backend: (peer) => peer.say(HALF_ANSWER),
    client: (client) => client.rest(),
  },
  {
    name: "pause too long",
    rounds: 4,
    limits: { bodyTimeoutMs: 500 },
    backend: (peer) => peer.gone(),
    client: async (client) => {
      assert.match(await client.rest(), /^HTTP\/1\.1 408 /);
    },
  },
  {
    name: "break their own framing before there is an answer",
    rounds: 4,
    backend: (peer) => peer.gone(),
    client: async (client) => {
      await client.say("\n\n");
      await client.conn.closeWrite();
      await client.rest();
    },
  },
  {
    name: "break their own framing once the answer has begun",
    rounds: 4,
    backend: async (peer) => {
      await peer.say(HALF_ANSWER);
      await peer.gone();
    },
    client: async (client) => {
      await client.until("hel");
      await client.say("\n\n");
      await client.conn.closeWrite().catch(() => {});
      await client.rest();
    },
  },
];

for (const { name, rounds, limits, backend: serve, client: follow } of CASES) {
  Deno.test(`${rounds * AT_ONCE} clients that ${name} in the middle of an upload leave no descriptor behind`, async () => {
    let served = 0;
    using backend = HttpBackend.raw(async (peer) => {
      await peer.head();
      served++;
      try {
        await serve(peer);
      } finally {
        peer.conn.close();
      }
    });
    await using plane = await PlaneProcess.start("http", backend.port, {
      limits: limits ?? {},
    });
    const before = plane.descriptors();
    for (let round = 0; round < rounds; round++) {
      await Promise.all(Array.from({ length: AT_ONCE }, async (_, index) => {
        using client = await RawClient.open(plane.port);
        await client.say(index % 2 === 0 ? LENGTH : CHUNKS);
        const isServed = () => served >= (round + 1) * AT_ONCE;
        await eventually(isServed, { message: "the backend has them all" });
        await follow(client);
      }));
    }
    // What is kept for the next client: connections to the backend, none of which it has.
    await eventually(() => plane.descriptors() <= before + 2, {
      message: "the descriptors are back",
      timeoutMs: 20_000,
    });
    assert.equal(plane.output, "listening\n");
  });
}
