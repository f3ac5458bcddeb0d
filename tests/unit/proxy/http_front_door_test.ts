import assert from "node:assert/strict";
import { HttpBackend, ok } from "../../support/http_backend.ts";
import { get, HttpBench } from "../../support/http_bench.ts";

/** Sockets of this process in a state of the kernel's table: ports of this and the other end. */
async function sockets(state: string): Promise<[number, number][]> {
  const own = new Set<string>();
  for await (const { name } of Deno.readDir("/proc/self/fd")) {
    try {
      own.add(await Deno.readLink(`/proc/self/fd/${name}`));
    } catch (error) {
      // The one that this very listing had open.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const table = await Deno.readTextFile("/proc/net/tcp");
  const rows = table.trim().split("\n").map((row) => row.trim().split(/\s+/));
  return rows
    .filter((row) => row[3] === state && own.has(`socket:[${row[9]}]`))
    .map((row) => [portOf(row[1]), portOf(row[2])]);
}

function portOf(address = ""): number {
  return parseInt(address.split(":")[1] ?? "", 16);
}

Deno.test("the door behind the gate is shut to another address with the port of a client", async () => {
  using backend = new HttpBackend(() => ok("inside"));
  await using bench = new HttpBench([backend.as()]);
  const client = await bench.connect();
  assert.equal((await client.ask(get())).body, "inside");
  const ports = (await sockets("0A")).map(([port]) => port);
  const door = ports.find((port) =>
    port !== bench.port && port !== backend.port
  );
  const taken = (await sockets("01")).find(([, port]) => port === door)?.[0];
  const { stdout } = await new Deno.Command("curl", {
    args: [
      ...["--silent", "--max-time", "5", "--interface", "127.0.0.2"],
      ...["--local-port", `${taken}`, "--write-out", " %{http_code}"],
      `http://127.0.0.1:${door}/`,
    ],
    stdin: "null",
  }).output();
  assert.match(new TextDecoder().decode(stdout), / 403$/);
  assert.equal(backend.requests.length, 1);
});
