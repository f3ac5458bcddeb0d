/**
 * Downloads an artifact of 512 MB from each kind of store, turn by turn with
 * `curl` from the same server, each as a process of its own. dewy hashes the
 * bytes and syncs the file as well, so `curl` is also timed with `sha256sum`
 * and `sync` behind it. Prints a Markdown table.
 *
 *     deno run -A scripts/bench/download.ts [--mb=512] [--rounds=5] [--dir=/dev/shm] [--only=s3]
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { print } from "../print.ts";
import { DEWY_FLAGS } from "../runtime_flags.ts";
import { type Source, SOURCES } from "./download_sources.ts";

const MIB = 1024 ** 2;
const RUNNER = fileURLToPath(new URL("download_runner.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

interface Sample {
  readonly ms: number;
  readonly beforeKb: number;
  readonly peakKb: number;
}

/** How long curl took. */
interface Curl {
  readonly ms: number;
  /** With hashing and syncing. */
  readonly wholeMs: number;
}

const flags = parseArgs(Deno.args, {
  string: ["mb", "rounds", "dir", "only"],
});
const only = flags.only === undefined ? undefined : String(flags.only);
const megabytes = Number(flags.mb ?? 512);
const rounds = Number(flags.rounds ?? 5);
const folder = await Deno.makeTempDir({ dir: String(flags.dir ?? "/dev/shm") });
try {
  await makeFiles();
  print(
    "| store | dewy MB/s | curl MB/s | ratio | curl + sha256sum + sync MB/s | ratio | RSS before MB | growth MB |\n",
  );
  print("|---|---|---|---|---|---|---|---|\n");
  for (const [name, open] of Object.entries(SOURCES)) {
    if (only !== undefined && name !== only) continue;
    await using source = await open(folder);
    await compare(name, source);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function makeFiles(): Promise<void> {
  await Deno.writeTextFile(join(folder, "small"), "small");
  using file = await Deno.open(join(folder, "artifact"), {
    write: true,
    create: true,
  });
  for (let part = 0; part < megabytes; part++) {
    const bytes = new Uint8Array(MIB);
    for (let at = 0; at < MIB; at += 65536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65536));
    }
    await file.write(bytes);
  }
}

async function compare(name: string, source: Source): Promise<void> {
  const samples: Sample[] = [];
  const curls: Curl[] = [];
  for (let round = 0; round < rounds; round++) {
    samples.push(await runDewy(source));
    curls.push(await runCurl(source));
  }
  const ms = median(samples.map((sample) => sample.ms));
  const curlMs = median(curls.map((curl) => curl.ms));
  const wholeMs = median(curls.map((curl) => curl.wholeMs));
  const before = median(samples.map(({ beforeKb }) => beforeKb / 1024));
  const growth = median(
    samples.map(({ peakKb, beforeKb }) => (peakKb - beforeKb) / 1024),
  );
  const cells = [
    name,
    Math.round(megabytes / ms * 1000),
    Math.round(megabytes / curlMs * 1000),
    (curlMs / ms).toFixed(2),
    Math.round(megabytes / wholeMs * 1000),
    (wholeMs / ms).toFixed(2),
    before.toFixed(0),
    growth.toFixed(0),
  ];
  print(`| ${cells.join(" | ")} |\n`);
}

async function runDewy({ urlOf, env }: Source): Promise<Sample> {
  const cache = join(folder, "cache");
  await Deno.mkdir(cache);
  const output = await run(Deno.execPath(), {
    args: [
      "run",
      // It reads its own memory from /proc, which needs every permission.
      "-A",
      ...DEWY_FLAGS.filter((flag) => flag.startsWith("--v8-flags")),
      "--config",
      CONFIG,
      RUNNER,
      urlOf("small"),
      urlOf("artifact"),
      cache,
    ],
    env: { ...env },
  });
  await Deno.remove(cache, { recursive: true });
  return JSON.parse(output);
}

async function runCurl({ curl }: Source): Promise<Curl> {
  const out = join(folder, "curl");
  const args = ["-sf", "-o", out, "-w", "%{time_total}", ...curl];
  const seconds = Number(await run("curl", { args }));
  const { size } = await Deno.stat(out);
  if (size !== megabytes * MIB) throw new Error(`curl got ${size} bytes`);
  const startedAt = performance.now();
  await run("sha256sum", { args: [out] });
  await run("sync", { args: [out] });
  const wholeMs = seconds * 1000 + performance.now() - startedAt;
  await Deno.remove(out);
  return { ms: seconds * 1000, wholeMs };
}

async function run(
  program: string,
  options: Deno.CommandOptions,
): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, {
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
