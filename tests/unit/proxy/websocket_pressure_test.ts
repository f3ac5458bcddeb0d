import assert from "node:assert/strict";
import { once } from "node:events";
import type { WebSocket } from "ws";
import { delay } from "../../support/delay.ts";
import { eventually } from "../../support/eventually.ts";
import {
  closed,
  SocketBackend,
  SocketBench,
} from "../../support/websocket_bench.ts";

const MIB = 1024 * 1024;
const MESSAGE = new Uint8Array(64 * 1024).fill(7);
const COUNT = 1_600;
const TOTAL = MESSAGE.length * COUNT;

/** Sends {@link TOTAL} bytes without regard to who reads them. */
function flood(socket: WebSocket): void {
  for (let sent = 0; sent < COUNT; sent++) socket.send(MESSAGE);
}

/** Waits until the sender is stuck, and returns what has left it, bytes. */
async function takenFrom(socket: WebSocket): Promise<number> {
  let before = -1;
  await eventually(async () => {
    const left = socket.bufferedAmount;
    const isStuck = left === before;
    before = left;
    await delay(200);
    return isStuck;
  }, { message: "the sender is stuck" });
  return TOTAL - before;
}

/** Counts the bytes of the messages that come. */
function counter(socket: WebSocket): { bytes: number } {
  const count = { bytes: 0 };
  socket.on("message", ({ length }) => count.bytes += length);
  return count;
}

Deno.test("a client that does not read holds the backend up, and misses nothing", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const count = counter(client);
  client.pause();
  flood(backend.socket);
  const taken = await takenFrom(backend.socket);
  assert.ok(taken < 32 * MIB, `${taken} bytes left the backend`);
  client.resume();
  await eventually(() => count.bytes === TOTAL, { message: "all is there" });
});

Deno.test("a backend that does not read holds the client up, and misses nothing", async () => {
  await using backend = await SocketBackend.start("a");
  backend.onSocket = () => {};
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const count = counter(backend.socket);
  backend.socket.pause();
  flood(client);
  const taken = await takenFrom(client);
  assert.ok(taken < 48 * MIB, `${taken} bytes left the client`);
  assert.equal(client.readyState, 1);
  backend.socket.resume();
  await eventually(() => count.bytes === TOTAL, { message: "all is there" });
});

Deno.test("a close behind much that is unread comes after it", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const client = await bench.open();
  const count = counter(client);
  client.pause();
  flood(backend.socket);
  backend.socket.close(4001, "that was all");
  await takenFrom(backend.socket);
  const close = closed(client);
  client.resume();
  assert.deepEqual(await close, { code: 4001, reason: "that was all" });
  assert.equal(count.bytes, TOTAL);
});

Deno.test("a message beyond the limit ends the WebSocket, from either side", async () => {
  await using backend = await SocketBackend.start("a");
  await using bench = new SocketBench([backend.as()]);
  const first = await bench.open();
  const end = closed(first);
  backend.socket.send(new Uint8Array(65 * MIB));
  assert.equal((await end).code, 1014);
  const second = await bench.open();
  second.send(new Uint8Array(65 * MIB));
  await once(second, "close");
  await eventually(() => bench.balancer.inFlight("a") === 0, {
    message: "nothing is in flight",
  });
});
