/**
 * Compares the planes of the proxy with HAProxy, nginx and Caddy in front of
 * the same server: requests a second, latency, processor time of the proxy for
 * each request, memory. Each proxy has one thread and a core of its own; the
 * server and the load share the others. Prints Markdown tables, with ratios to
 * one proxy of each plane, taken in rounds that take turns.
 *
 *     deno run -A scripts/bench/proxy.ts [--rounds=5] [--seconds=2] [--only=tcp|http]
 *         [--answers=small,64k,1m] [--connections=64,256]
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { freePort } from "../../tests/support/free_port.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { installPrograms } from "../prepare_machine.ts";
import { print } from "../print.ts";
import { BenchProcess } from "./bench_process.ts";
import { backend, BASELINES, type Peer, PEERS } from "./proxy_peers.ts";
import { type Measurement, runWrk } from "./wrk.ts";

/** A proxy that runs. */
interface Runner {
  readonly peer: Peer;
  readonly port: number;
  readonly process: BenchProcess;
}

interface Sample extends Measurement {
  /** Of the proxy, microseconds for each request. */
  readonly cpu: number;
  readonly residentMb: number;
}

interface Cell {
  readonly answer: string;
  readonly connections: number;
}

const options = parseArgs(Deno.args, {
  string: ["rounds", "seconds", "only", "answers", "connections"],
  default: {
    rounds: "5",
    seconds: "2",
    answers: "small,64k,1m",
    connections: "64,256",
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
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
  await Deno.writeFile(`${folder}/www/64k`, new Uint8Array(64 * 1024));
  await Deno.writeFile(`${folder}/www/1m`, new Uint8Array(1024 * 1024));
  const backendPort = freePort();
  const start = async (
    launch: Parameters<typeof BenchProcess.start>[0],
    port: number,
    core: number,
  ) => {
    const prefix = onCore(core);
    return stack.use(
      await BenchProcess.start(launch, { folder, port, prefix }),
    );
  };
  await start(backend(folder, backendPort), backendPort, 1);
  const runners: Runner[] = [];
  for (const peer of PEERS) {
    if (options.only !== undefined && peer.plane !== options.only) continue;
    const port = freePort();
    const launch = peer.launch({ port, backendPort, folder });
    runners.push({ peer, port, process: await start(launch, port, 0) });
  }
  return runners;
}

async function measure(
  { port, process }: Runner,
  { answer, connections }: Cell,
  duration: number,
): Promise<Sample> {
  const before = await process.usage();
  const measurement = await runWrk({
    url: `http://127.0.0.1:${port}/${answer}`,
    connections,
    seconds: duration,
    prefix: onCore(2),
  });
  const { cpuMs, residentMb } = await process.usage();
  const cpu = (cpuMs - before.cpuMs) * 1000 / measurement.requests;
  return { ...measurement, cpu, residentMb };
}

async function compare(
  runners: readonly Runner[],
  cell: Cell,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>();
  for (const runner of runners) {
    samples.set(runner.peer.name, []);
    await measure(runner, cell, 1);
  }
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) {
      const sample = await measure(runner, cell, seconds);
      samples.get(runner.peer.name)?.push(sample);
    }
  }
  return samples;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function printRows(
  runners: readonly Runner[],
  { answer, connections }: Cell,
  samples: ReadonlyMap<string, readonly Sample[]>,
): void {
  for (const { peer } of runners) {
    const own = samples.get(peer.name) ?? [];
    const base = samples.get(BASELINES[peer.plane]) ?? [];
    /** The median, and the median of the ratios of each round. */
    const column = (pick: (sample: Sample) => number, digits: number) => {
      const ratios = own.map((sample, round) => {
        const other = base[round];
        return other === undefined ? NaN : pick(sample) / pick(other);
      });
      return [
        median(own.map(pick)).toFixed(digits),
        median(ratios).toFixed(2),
      ];
    };
    const row = [
      answer,
      connections,
      peer.name,
      ...column(({ requestsPerSecond }) => requestsPerSecond, 0),
      ...column(({ p50 }) => p50, 2),
      ...column(({ p99 }) => p99, 2),
      ...column(({ cpu }) => cpu, 1),
      ...column(({ residentMb }) => residentMb, 0),
    ];
    print(`| ${row.join(" | ")} |\n`);
  }
}

const HEAD = [
  ...["answer", "connections", "proxy", "requests/s", "ratio"],
  ...["p50 ms", "ratio", "p99 ms", "ratio"],
  ...["CPU us/request", "ratio", "RSS MB", "ratio"],
];

await installPrograms({
  nginx: "nginx-light",
  haproxy: "haproxy",
  caddy: "caddy",
  wrk: "wrk",
  taskset: "util-linux",
});
await using temp = await TempDir.create("dewy-bench-");
await using stack = new AsyncDisposableStack();
const runners = await startAll(stack, temp.path);
const shared = cores > 2 ? "have one each" : "share another";
print(
  `${cores} cores: the proxy has one, server and load ${shared}; ${rounds} rounds of ${seconds} s. Ratios: tcp to ${BASELINES.tcp}, http to ${BASELINES.http}.\n\n`,
);
print(`| ${HEAD.join(" | ")} |\n|${" --- |".repeat(HEAD.length)}\n`);
for (const answer of `${options.answers}`.split(",")) {
  for (const connections of `${options.connections}`.split(",").map(Number)) {
    const cell = { answer, connections };
    printRows(runners, cell, await compare(runners, cell));
  }
}
