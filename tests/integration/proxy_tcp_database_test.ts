import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { TcpBench } from "../support/tcp_bench.ts";

const HOSTNAME = "127.0.0.1";

/** A database in memory. */
class Redis implements AsyncDisposable {
  readonly port = freePort();
  readonly #child = new Deno.Command("redis-server", {
    args: [
      ...["--bind", HOSTNAME, "--port", `${this.port}`],
      ...["--save", "", "--appendonly", "no"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();

  static async start(): Promise<Redis> {
    const redis = new Redis();
    await eventually(async () => {
      const { port } = redis;
      using _probe = await Deno.connect({ hostname: HOSTNAME, port });
      return true;
    }, { message: "the database listens" });
    return redis;
  }

  as(id: string) {
    const { port } = this;
    return { id, hostname: HOSTNAME, port, state: "ready" } as const;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

/** Runs the database's own client; what it prints. */
async function ask(
  port: number,
  words: readonly string[],
  input: string | Uint8Array<ArrayBuffer> = "",
): Promise<string> {
  const child = client(port, words);
  const writer = child.stdin.getWriter();
  await writer.write(
    typeof input === "string" ? new TextEncoder().encode(input) : input,
  );
  await writer.close();
  const { success, stdout } = await child.output();
  const text = new TextDecoder().decode(stdout).trim();
  assert.ok(success, text);
  return text;
}

function client(port: number, words: readonly string[]): Deno.ChildProcess {
  return new Deno.Command("redis-cli", {
    args: ["-h", HOSTNAME, "-p", `${port}`, ...words],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test("a database is spoken to: transactions, large values, many commands on one connection", async () => {
  await using redis = await Redis.start();
  await using bench = new TcpBench([redis.as("redis")]);
  const transaction = "MULTI\nSET a 1\nINCR a\nEXEC\n";
  assert.equal(
    await ask(bench.port, [], transaction),
    "OK\nQUEUED\nQUEUED\nOK\n2",
  );
  const value = "v".repeat(10_000_000);
  assert.equal(await ask(bench.port, ["-x", "SET", "large"], value), "OK");
  assert.equal(await ask(bench.port, ["STRLEN", "large"]), "10000000");
  assert.ok(await ask(bench.port, ["GET", "large"]) === value);
  const many = Array.from({ length: 20_000 }, () => "INCR many\n").join("");
  const report = await ask(bench.port, ["--pipe"], many);
  assert.match(report, /errors: 0, replies: 20000/);
  assert.equal(await ask(redis.port, ["GET", "many"]), "20000");
  assert.deepEqual(bench.meter.failures, []);
});

Deno.test("a database that speaks unasked is heard, and keeps its clients when backends change", async () => {
  await using first = await Redis.start();
  await using second = await Redis.start();
  await using bench = new TcpBench([first.as("first")]);
  const listener = client(bench.port, ["SUBSCRIBE", "news"]);
  await listener.stdin.close();
  let heard = "";
  const reading = (async () => {
    const parts = listener.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of parts) heard += part;
  })();
  await eventually(() => heard.includes("subscribe\nnews\n1"), {
    message: "it is subscribed",
  });
  const waiting = ask(bench.port, ["BLPOP", "queue", "0"]);
  await eventually(() => bench.balancer.inFlight("first") === 2, {
    message: "the other one waits",
  });
  bench.balancer.replace([second.as("second")]);
  assert.equal(await ask(bench.port, ["SET", "where", "second"]), "OK");
  assert.equal(await ask(second.port, ["GET", "where"]), "second");
  // Those that are open stay where they are.
  await eventually(
    async () => await ask(first.port, ["PUBLISH", "news", "hello"]) === "1",
    { message: "one is subscribed" },
  );
  await eventually(() => heard.includes("message\nnews\nhello"), {
    message: "the word is heard",
  });
  await ask(first.port, ["LPUSH", "queue", "job"]);
  assert.equal(await waiting, "queue\njob");
  listener.kill("SIGKILL");
  await reading;
  await listener.status;
  const drained = bench.balancer.drained("first", AbortSignal.timeout(9_000));
  assert.deepEqual(await drained, { cut: 0 });
});
