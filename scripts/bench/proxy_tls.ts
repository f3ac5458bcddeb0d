/**
 * Compares the HTTP plane of the proxy with nginx and Caddy where all of them
 * end TLS, over HTTP/1.1 and HTTP/2. Each proxy has one thread and a core of
 * its own; server and load share the others. Prints a Markdown table with
 * ratios to Caddy, taken in rounds that take turns.
 *
 *     deno run -A scripts/bench/proxy_tls.ts [--rounds=5] [--seconds=2] [--connections=64]
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { makeCertificates } from "../../tests/support/certificates.ts";
import { freePort } from "../../tests/support/free_port.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { installPrograms } from "../prepare_machine.ts";
import { print } from "../print.ts";
import { BenchProcess } from "./bench_process.ts";
import { type Protocol, runH2load } from "./h2load.ts";
import { backend, BASELINES, type Peer, TLS_PEERS } from "./proxy_peers.ts";

/** A proxy that runs. */
interface Runner {
  readonly peer: Peer;
  readonly port: number;
  readonly process: BenchProcess;
}

interface Sample {
  readonly requestsPerSecond: number;
  /** Of the proxy, microseconds for each request. */
  readonly cpu: number;
  readonly residentMb: number;
}

interface Cell {
  readonly answer: string;
  readonly protocol: Protocol;
}

const CELLS: readonly Cell[] = [
  { answer: "small", protocol: "HTTP/1.1" },
  { answer: "small", protocol: "HTTP/2" },
  { answer: "1m", protocol: "HTTP/1.1" },
  { answer: "1m", protocol: "HTTP/2" },
];
/** Requests of the first run, which tells how many fill the time. */
const TRIAL: Readonly<Record<string, number>> = { small: 2_000, "1m": 100 };

const options = parseArgs(Deno.args, {
  string: ["rounds", "seconds", "connections"],
  default: { rounds: "5", seconds: "2", connections: "64" },
});
const connections = Number(options.connections);
const cores = navigator.hardwareConcurrency;

/** Returns what binds a program to a core, as far as there are so many. */
function onCore(core: number): string[] {
  if (cores === 1) return [];
  return ["taskset", "-c", `${Math.min(core, cores - 1)}`];
}

async function startAll(
  stack: AsyncDisposableStack,
  folder: string,
): Promise<Runner[]> {
  // The server reads its files as a user of its own.
  await Deno.chmod(folder, 0o755);
  await Deno.mkdir(`${folder}/www`);
  await Deno.writeFile(`${folder}/www/1m`, new Uint8Array(1024 * 1024));
  const { cert, key } = await makeCertificates(folder);
  const certificate = { cert, key };
  const backendPort = freePort();
  await start(backend(folder, backendPort), backendPort, 1);
  const runners: Runner[] = [];
  for (const peer of TLS_PEERS) {
    const port = freePort();
    const launch = peer.launch({ port, backendPort, folder, certificate });
    runners.push({ peer, port, process: await start(launch, port, 0) });
  }
  return runners;

  async function start(
    launch: ReturnType<Peer["launch"]>,
    port: number,
    core: number,
  ): Promise<BenchProcess> {
    const place = { folder, port, prefix: onCore(core) };
    return stack.use(await BenchProcess.start(launch, place));
  }
}

async function measure(
  { port, process }: Runner,
  { answer, protocol }: Cell,
  requests: number,
): Promise<Sample> {
  const before = await process.usage();
  const { requestsPerSecond } = await runH2load({
    url: `https://localhost:${port}/${answer}`,
    connections,
    protocol,
    requests,
    prefix: onCore(2),
  });
  const { cpuMs, residentMb } = await process.usage();
  const cpu = (cpuMs - before.cpuMs) * 1000 / requests;
  return { requestsPerSecond, cpu, residentMb };
}

/** The samples of each round, by the name of the proxy. */
async function compare(
  runners: readonly Runner[],
  cell: Cell,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>();
  const counts = new Map<Runner, number>();
  for (const runner of runners) {
    const trial = await measure(runner, cell, TRIAL[cell.answer] ?? 100);
    const count = trial.requestsPerSecond * Number(options.seconds);
    counts.set(runner, Math.max(Math.round(count), connections));
    samples.set(runner.peer.name, []);
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [runner, count] of counts) {
      const sample = await measure(runner, cell, count);
      samples.get(runner.peer.name)?.push(sample);
    }
  }
  return samples;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function printRows(
  { answer, protocol }: Cell,
  samples: ReadonlyMap<string, readonly Sample[]>,
): void {
  const base = samples.get(BASELINES.https) ?? [];
  for (const [name, own] of samples) {
    /** The median of the ratios of each round. */
    const ratio = (pick: (sample: Sample) => number) =>
      median(own.map((sample, round) => {
        const other = base[round];
        return other === undefined ? NaN : pick(sample) / pick(other);
      })).toFixed(2);
    const row = [
      ...[answer, protocol, name],
      median(own.map((sample) => sample.requestsPerSecond)).toFixed(0),
      ratio((sample) => sample.requestsPerSecond),
      median(own.map((sample) => sample.cpu)).toFixed(0),
      ratio((sample) => sample.cpu),
      median(own.map((sample) => sample.residentMb)).toFixed(0),
    ];
    print(`| ${row.join(" | ")} |\n`);
  }
}

const HEAD = [
  ...["answer", "protocol", "proxy", "requests/s", "ratio"],
  ...["CPU us/request", "ratio", "RSS MB"],
];

await installPrograms({
  nginx: "nginx-light",
  caddy: "caddy",
  h2load: "nghttp2-client",
  taskset: "util-linux",
  openssl: "openssl",
});
await using temp = await TempDir.create("dewy-bench-");
await using stack = new AsyncDisposableStack();
const runners = await startAll(stack, temp.path);
print(
  `${cores} cores; ${connections} connections; ${options.rounds} rounds of ${options.seconds} s\n\n`,
);
print(`| ${HEAD.join(" | ")} |\n|${" --- |".repeat(HEAD.length)}\n`);
for (const cell of CELLS) printRows(cell, await compare(runners, cell));
