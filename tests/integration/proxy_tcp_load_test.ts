import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { PlaneProcess } from "../support/plane_process.ts";
import {
  close,
  countToEnd,
  readText,
  say,
  TcpBackend,
  TcpBench,
  writeAll,
} from "../support/tcp_bench.ts";

const MIB = 1024 * 1024;
const HOSTNAME = "127.0.0.1";

async function sendBytes(
  connection: Deno.TcpConn,
  total: number,
): Promise<void> {
  const block = new Uint8Array(MIB);
  for (let sent = 0; sent < total; sent += block.length) {
    await writeAll(connection, block);
  }
  await connection.closeWrite();
}

Deno.test("a gigabyte each way leaves the plane's memory flat", async () => {
  const received: number[] = [];
  using backend = new TcpBackend("a").serve(async (connection) => {
    const first = await readText(connection, 1);
    if (first === "d") await sendBytes(connection, 1024 * MIB);
    else received.push(1 + await countToEnd(connection));
    close(connection);
  });
  await using plane = await PlaneProcess.start("tcp", backend.port);
  const open = () => Deno.connect({ hostname: HOSTNAME, port: plane.port });
  const upload = async (total: number) => {
    using client = await open();
    await sendBytes(client, total);
    assert.equal(await countToEnd(client), 0);
    assert.equal(received.pop(), total);
  };
  await upload(64 * MIB);
  const { now } = await plane.memory();
  await upload(1024 * MIB);
  using client = await open();
  await say(client, "d");
  assert.equal(await countToEnd(client), 1024 * MIB);
  const { peak } = await plane.memory();
  const growth = (peak - now) / MIB;
  assert.ok(growth < 32, `It grew by ${growth.toFixed(1)} MiB`);
});

Deno.test("a thousand connections are open at once", async () => {
  using backend = new TcpBackend("a").echo();
  await using plane = await PlaneProcess.start("tcp", backend.port);
  const before = (await plane.memory()).now;
  await using stack = new AsyncDisposableStack();
  const clients = await Promise.all(Array.from({ length: 1_000 }, async () => {
    const client = await Deno.connect({ hostname: HOSTNAME, port: plane.port });
    return stack.use(client);
  }));
  for (const word of ["first", "again"]) {
    const answers = await Promise.all(clients.map(async (client) => {
      await say(client, word);
      return await readText(client, word.length);
    }));
    assert.ok(answers.every((answer) => answer === word));
  }
  assert.equal(backend.count, 1_000);
  const growth = ((await plane.memory()).now - before) / MIB;
  assert.ok(growth < 80, `It grew by ${growth.toFixed(1)} MiB`);
});

Deno.test("without descriptors the plane waits, does not spin, and recovers", async () => {
  using backend = new TcpBackend("a").echo();
  await using plane = await PlaneProcess.start("tcp", backend.port, {
    maxFiles: 64,
  });
  await using stack = new AsyncDisposableStack();
  const waiting = new Set<number>();
  const served: Deno.TcpConn[] = [];
  const ask = async (index: number) => {
    const client = await Deno.connect({ hostname: HOSTNAME, port: plane.port });
    stack.defer(() => close(client));
    waiting.add(index);
    await say(client, "x");
    assert.equal(await readText(client, 1), "x");
    waiting.delete(index);
    served.push(client);
  };
  const asking = Promise.allSettled(
    Array.from({ length: 60 }, (_, index) => ask(index)),
  );
  await eventually(() => plane.output.includes("accept-failed"), {
    message: "the plane has no descriptor left",
  });
  const cpuMs = await plane.cpuMs();
  await delay(2_000);
  const usedMs = await plane.cpuMs() - cpuMs;
  // To spin takes a whole processor, or its share of busy ones.
  assert.ok(usedMs < 1_000, `${usedMs} ms of 2000`);
  assert.ok(waiting.size > 20, `${waiting.size} wait`);
  assert.ok(served.length > 5, `${served.length} were served`);
  while (waiting.size > 0) {
    await eventually(() => served.length > 0, { message: "one is served" });
    for (const client of served.splice(0)) client.close();
  }
  const outcomes = await asking;
  assert.ok(outcomes.every(({ status }) => status === "fulfilled"));
  assert.equal(plane.output.match(/accept-failed/g)?.length, 1);
});

/** A connection that stays open over many swaps, and what it hears. */
async function talkLong(bench: TcpBench, until: number): Promise<number> {
  let exchanges = 0;
  while (Date.now() < until) {
    using client = await bench.connect();
    await say(client, "?");
    const id = await readText(client, 4);
    assert.match(id, /^g\d{3}$/);
    for (let round = 0; round < 30; round++) {
      await delay(50);
      await say(client, "?");
      assert.equal(await readText(client, 4), id);
      exchanges++;
    }
  }
  return exchanges;
}

async function talkShort(bench: TcpBench, until: number): Promise<number> {
  let exchanges = 0;
  while (Date.now() < until) {
    using client = await bench.connect();
    await say(client, "?");
    assert.match(await readText(client, 4), /^g\d{3}$/);
    exchanges++;
    await delay(1);
  }
  return exchanges;
}

/** Starts the backends of a generation: each answers with its id. */
function generation(number: number): TcpBackend[] {
  return [2 * number, 2 * number + 1].map((index) => {
    const id = `g${`${index}`.padStart(3, "0")}`;
    return new TcpBackend(id).serve(async (connection) => {
      while (await readText(connection, 1) !== "") await say(connection, id);
      connection.close();
    });
  });
}

Deno.test("a hundred swaps of the table in twenty seconds under load fail no connection", async () => {
  let current = generation(0);
  await using bench = new TcpBench(current.map((backend) => backend.as()), {
    limits: { idleTimeoutMs: 60_000 },
  });
  const until = Date.now() + 20_000;
  const work = Promise.all([
    ...Array.from({ length: 4 }, () => talkShort(bench, until)),
    ...Array.from({ length: 20 }, () => talkLong(bench, until)),
  ]);
  const never = new AbortController();
  const retired: Promise<number>[] = [];
  for (let number = 1; number <= 100; number++) {
    await delay(190);
    const old = current;
    current = generation(number);
    bench.balancer.replace(current.map((backend) => backend.as()));
    for (const backend of old) {
      retired.push(
        bench.balancer.drained(backend.id, never.signal).then(({ cut }) => {
          backend[Symbol.dispose]();
          return cut;
        }),
      );
    }
  }
  const exchanges = await work;
  assert.ok(exchanges.every((count) => count > 30), `${exchanges}`);
  assert.deepEqual(bench.meter.failures, []);
  const cuts = await Promise.all(retired);
  assert.equal(cuts.length, 200);
  assert.ok(cuts.every((cut) => cut === 0));
  for (const backend of current) backend[Symbol.dispose]();
});
