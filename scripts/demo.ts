/**
 * The main job on real input: a folder of releases, `dewy server`, a real
 * process, and clients that never stop asking while releases come in: a good
 * one, a corrupt one and one that crashes. Ends with the count of lost requests.
 *
 * @module
 */
import type { DewyProcess, LogRecord } from "../tests/support/dewy_process.ts";
import { delay } from "../tests/support/delay.ts";
import { eventually } from "../tests/support/eventually.ts";
import { LoadClient } from "../tests/support/load_client.ts";
import { ServerBench } from "../tests/support/server_bench.ts";
import { bold, print } from "./print.ts";

const encoder = new TextEncoder();
function step(text: string): void {
  print(`\n${bold(text)}\n`);
}

/** Shows the log of dewy as it comes, without what repeats. */
class LogView implements Disposable {
  #shown = 0;
  #timer: ReturnType<typeof setInterval>;

  constructor(private readonly dewy: DewyProcess) {
    this.#timer = setInterval(() => this.show(), 100);
  }

  show(): void {
    const records = this.dewy.logs();
    for (const record of records.slice(this.#shown)) {
      if (record.level !== "DEBUG") print(`  dewy ${line(record)}\n`);
    }
    this.#shown = records.length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.show();
  }
}

function line({ level, msg, ...fields }: LogRecord): string {
  const known = [
    "tag",
    "version",
    "message",
    "reason",
    "error",
    "proof",
    "restored_to",
  ];
  const values = known.filter((name) => fields[name] !== undefined)
    .map((name) => `${name}=${JSON.stringify(fields[name])}`);
  return [level.padEnd(5), msg, ...values].join(" ");
}

/** Shows twice a second who answered, and how many requests were lost. */
class LoadView implements Disposable {
  #before = new Map<string, number>();
  #timer: ReturnType<typeof setInterval>;

  constructor(private readonly load: LoadClient) {
    this.#timer = setInterval(() => this.#show(), 500);
  }

  #show(): void {
    const parts = [...this.load.versions].map(([tag, count]) =>
      `${tag} +${count - (this.#before.get(tag) ?? 0)}`
    );
    this.#before = new Map(this.load.versions);
    print(
      `  load ${parts.join("  ")}  lost ${this.load.failures.length}\n`,
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Publishes a version and waits until it is served; returns the milliseconds between. */
async function publishAndWait(
  bench: ServerBench,
  load: LoadClient,
  tag: string,
): Promise<number> {
  await bench.publish(tag, { checksum: "right" });
  const publishedAt = Date.now();
  await eventually(() => load.versions.has(tag), {
    timeoutMs: 30_000,
    message: `${tag} is served`,
  });
  return Date.now() - publishedAt;
}

async function survive(
  dewy: DewyProcess,
  tag: string,
  publish: () => Promise<void>,
): Promise<void> {
  await publish();
  await dewy.waitForLog("Deploy failed", { tag });
}

/** What came of the demo. */
interface Outcome {
  readonly load: LoadClient;
  /** From publishing the second version to its first answer. */
  readonly firstMs: number;
  /** From publishing it to the end of the process of the first one. */
  readonly aloneMs: number;
}

/** Runs the demo to its end, after which dewy has stopped, too. */
async function drive(bench: ServerBench): Promise<Outcome> {
  step("1. dewy server deploys v1.0.0 from a folder of releases");
  print(`  registry ${bench.registry.url}, port ${bench.port}\n`);
  await bench.publish("v1.0.0", { checksum: "right" });
  await using dewy = bench.start({ args: ["--confirm-time", "1s"] });
  using view = new LogView(dewy);
  await bench.serves("v1.0.0");
  await dewy.waitForLog("Deployment completed successfully");
  view.show();

  step("2. v2.0.0 is published while 8 clients ask without a pause");
  await using load = LoadClient.start({ target: { port: bench.port } });
  using _loadView = new LoadView(load);
  await delay(1_000);
  const publishedAt = Date.now();
  const firstMs = await publishAndWait(bench, load, "v2.0.0");
  await dewy.waitForLog("Worker ended", { generation: 1 });
  const aloneMs = Date.now() - publishedAt;
  view.show();

  step("3. v3.0.0 is a corrupt archive");
  await survive(
    dewy,
    "v3.0.0",
    () =>
      bench.registry.publish("v3.0.0", {
        bytes: encoder.encode("no archive at all"),
      }),
  );
  view.show();

  step("4. v4.0.0 unpacks, and its program crashes at once");
  await survive(
    dewy,
    "v4.0.0",
    () =>
      bench.registry.publish("v4.0.0", {
        files: { "app.mjs": "throw new Error('v4.0.0 is broken');\n" },
      }),
  );
  view.show();
  await load.stop();
  return { load, firstMs, aloneMs };
}

function report({ load, ...times }: Outcome): number {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  step("Result");
  const seen = [...load.versions].map(([tag, count]) => `${tag} ${count}`);
  print(`  requests answered   ${load.requests}\n`);
  print(`  requests lost       ${load.failures.length}\n`);
  print(`  answered by         ${seen.join(", ")}\n`);
  print(`  publish to serving  ${seconds(times.firstMs)} (first answer), `);
  print(`${seconds(times.aloneMs)} (proved, the old one gone)\n`);
  for (const failure of load.failures.slice(0, 10)) {
    print(`  lost: ${failure}\n`);
  }
  const good = load.failures.length === 0 && load.lastVersion === "v2.0.0" &&
    load.versions.size === 2;
  print(
    good ? "\nNo request was lost.\n" : "\nThe demo did not go as it should.\n",
  );
  return good ? 0 : 1;
}

await using bench = await ServerBench.create();
Deno.exitCode = report(await drive(bench));
