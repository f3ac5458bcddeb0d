import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { delay, within } from "../support/delay.ts";
import { eventually } from "../support/eventually.ts";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { HttpBench } from "../support/http_bench.ts";
import { Random } from "../support/random.ts";
import { writeAll } from "../support/tcp_bytes.ts";
import { Http2Client, issue } from "../support/tls_bench.ts";

const ROUNDS = 300;
const PATIENCE_MS = 20;
const HOSTNAME = "127.0.0.1";
const ISSUED = await issue();

/** What a client says first. */
async function clientHello(): Promise<Uint8Array> {
  using listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
  const { port } = listener.addr;
  const socket = connect({ host: HOSTNAME, port, ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  using conn = await listener.accept();
  const buffer = new Uint8Array(4096);
  const count = await conn.read(buffer);
  socket.destroy();
  return buffer.slice(0, count ?? 0);
}

/** Changes some bytes, and leaves some out at the end. */
function spoil(bytes: Uint8Array, random: Random): Uint8Array {
  const spoilt = bytes.slice();
  const changes = Math.floor(random.next(4));
  for (let change = 0; change < changes; change++) {
    spoilt[Math.floor(random.next(spoilt.length))] = random.next(256);
  }
  return random.next(2) < 1
    ? spoilt
    : spoilt.subarray(0, random.next(spoilt.length));
}

/** Talks properly, and breaks off at some point. */
async function leaveSomewhen(port: number, random: Random): Promise<void> {
  const ALPNProtocols = random.next(2) < 1 ? ["h2"] : ["http/1.1"];
  const { ca } = ISSUED;
  const servername = "localhost";
  const socket = connect({
    host: HOSTNAME,
    port,
    servername,
    ca,
    ALPNProtocols,
  });
  socket.on("error", () => {});
  if (random.next(2) < 1) {
    await once(socket, "secureConnect");
    socket.write(
      random.next(2) < 1
        ? "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    );
  }
  await delay(random.next(PATIENCE_MS));
  socket.destroy();
}

Deno.test("no bytes of a client end a port with TLS", async () => {
  const random = Random.fromEnv();
  const hello = await clientHello();
  using backend = new HttpBackend(() => ok("fine"));
  await using bench = new HttpBench([backend.as()], { certificate: ISSUED });
  for (let round = 0; round < ROUNDS; round++) {
    if (random.next(3) < 1) {
      await leaveSomewhen(bench.port, random);
      continue;
    }
    using conn = await Deno.connect({ hostname: HOSTNAME, port: bench.port });
    await writeAll(conn, spoil(hello, random));
    if (random.next(2) < 1) {
      const read = conn.read(new Uint8Array(4096)).catch(() => null);
      await within(read, PATIENCE_MS);
    }
  }
  await eventually(() => bench.front.connections === 0, {
    message: `all are gone, seed ${random.seed}`,
  });
  const url = `https://localhost:${bench.port}`;
  await using client = await Http2Client.open(url, ISSUED.ca);
  assert.equal((await client.get("/")).body, "fine", `seed ${random.seed}`);
  assert.deepEqual(bench.events, []);
});
