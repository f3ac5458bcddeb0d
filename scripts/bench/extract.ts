// deno-lint-ignore-file no-console -- the tables are the output
/**
 * Times extraction, as a process of its own, against `tar` and `unzip`, turn by
 * turn, and its memory on a small and a large archive. Prints Markdown tables.
 *
 *     deno run -A scripts/bench/extract.ts [--quick] [--dir=/dev/shm] [--only=tree.zip]
 *
 * Needs tar, gzip, bzip2, xz, zstd, zip, unzip and GNU time.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../runtime_flags.ts";

const MIB = 1024 ** 2;
/** Goal: of GNU tar's wall time. */
const RATIO = 0.8;
/** Goal: between the peaks of a small and a large archive. The runtime collects buffers when about so many megabytes have gathered. */
const GROWTH_MB = 32;
const RUNNER = fileURLToPath(new URL("extract_runner.ts", import.meta.url));

/** One run of one program. */
interface Sample {
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMb: number;
}

/** One kind of archive and the program to compare with. */
interface Format {
  readonly name: string;
  readonly pack: readonly string[];
  readonly unpack: readonly string[];
  readonly rounds: number;
}

const FORMATS: readonly Format[] = [
  tarFormat("tree.tar.gz", "-z", 7),
  tarFormat("tree.tar", "--format=gnu", 3),
  tarFormat("tree.tar.zst", "--zstd", 3),
  tarFormat("tree.tar.xz", "--use-compress-program=xz -T1 -3", 3),
  tarFormat("tree.tar.bz2", "-j", 3),
  {
    name: "tree.zip",
    pack: ["zip", "-qry", "{archive}", "."],
    unpack: ["unzip", "-qq", "{archive}", "-d", "{out}"],
    rounds: 3,
  },
];

function tarFormat(name: string, option: string, rounds: number): Format {
  return {
    name,
    pack: ["tar", option, "-cf", "{archive}", "."],
    unpack: ["tar", "-xf", "{archive}", "-C", "{out}"],
    rounds,
  };
}

const flags = parseArgs(Deno.args, {
  boolean: ["quick"],
  string: ["dir", "only"],
});
const formats = FORMATS.filter(({ name }) => (flags.only ?? name) === name);
await main(String(flags.dir ?? "/dev/shm"), flags.quick === true);

async function main(parent: string, isQuick: boolean): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: parent, prefix: "bench-" });
  try {
    const tree = join(dir, "tree");
    await makeTree(tree, isQuick ? 20 : 200);
    console.log(
      "| archive | rounds | dewy s | tool s | ratio | dewy CPU s | tool CPU s | dewy peak MB | tool peak MB |",
    );
    console.log("|---|---|---|---|---|---|---|---|---|");
    const ratios = new Map<string, number>();
    for (const format of formats) {
      ratios.set(format.name, await compare(dir, format, isQuick));
    }
    console.log("\n| archive MB | files MB | dewy s | dewy peak MB |");
    console.log("|---|---|---|---|");
    const peaks: number[] = [];
    for (const size of isQuick ? [20, 100] : [50, 1000]) {
      peaks.push(await measureMemory(dir, size));
    }
    // A small archive is mostly the start of the program.
    if (!isQuick) judge(ratios.get("tree.tar.gz"), peaks);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Makes 2,000 files of `mib` MiB together, every other one of noise. */
async function makeTree(root: string, mib: number): Promise<void> {
  const length = Math.floor(mib * MIB / 2000);
  for (let index = 0; index < 2000; index++) {
    const folder = join(root, `d${index % 40}`);
    await Deno.mkdir(folder, { recursive: true });
    const content = index % 2 === 0 ? noise(length) : source(length, index);
    await Deno.writeFile(join(folder, `f${index}`), content);
  }
}

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  }
  return bytes;
}

/** Text that compresses as source code does, to about a fifth. */
function source(length: number, seed: number): Uint8Array {
  const words = ["const", "return", "value", "(", ")", "{", "}", "=>", "if"];
  let state = seed + 1;
  let text = "";
  while (text.length < length) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    text += `${words[(state >> 8) % words.length]} ${state % 997}\n`;
  }
  return new TextEncoder().encode(text).subarray(0, length);
}

async function compare(
  dir: string,
  format: Format,
  isQuick: boolean,
): Promise<number> {
  const archive = join(dir, format.name);
  await time(fill(format.pack, archive, ""), join(dir, "tree"));
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  const rounds = isQuick ? 2 : format.rounds;
  for (let round = 0; round < rounds; round++) {
    ours.push(await extractWith(dewy(), archive, dir));
    theirs.push(await extractWith(format.unpack, archive, dir));
  }
  const [our, their] = [median(ours), median(theirs)];
  const cells = [
    format.name,
    rounds,
    our.wallS.toFixed(2),
    their.wallS.toFixed(2),
    (our.wallS / their.wallS).toFixed(2),
    our.cpuS.toFixed(2),
    their.cpuS.toFixed(2),
    our.peakMb.toFixed(0),
    their.peakMb.toFixed(0),
  ];
  console.log(`| ${cells.join(" | ")} |`);
  await Deno.remove(archive);
  return our.wallS / their.wallS;
}

/** Compares with the goals; what misses one ends the run with exit code 1. */
function judge(ratio: number | undefined, peaks: readonly number[]): void {
  const growthMb = Math.max(...peaks) - Math.min(...peaks);
  const verdicts: [boolean, string][] = [
    [
      growthMb <= GROWTH_MB,
      `memory grows by ${
        growthMb.toFixed(0)
      } MB from 50 MB to 1 GB (goal: at most ${GROWTH_MB})`,
    ],
  ];
  if (ratio !== undefined) {
    verdicts.push([
      ratio <= RATIO,
      `tar.gz takes ${
        ratio.toFixed(2)
      } of GNU tar's time (goal: at most ${RATIO})`,
    ]);
  }
  console.log("");
  for (const [isMet, text] of verdicts) {
    console.log(`${isMet ? "met" : "MISSED"}: ${text}`);
    if (!isMet) Deno.exitCode = 1;
  }
}

async function measureMemory(dir: string, mib: number): Promise<number> {
  const tree = join(dir, `tree-${mib}`);
  await makeTree(tree, mib);
  const archive = join(dir, "memory.tar.gz");
  const pack = ["tar", "--use-compress-program=gzip -1", "-cf", archive, "."];
  await time(pack, tree);
  await Deno.remove(tree, { recursive: true });
  const { size } = await Deno.stat(archive);
  const { wallS, peakMb } = await extractWith(dewy(), archive, dir);
  const packed = (size / MIB).toFixed(0);
  console.log(
    `| ${packed} | ${mib} | ${wallS.toFixed(2)} | ${peakMb.toFixed(0)} |`,
  );
  await Deno.remove(archive);
  return peakMb;
}

function dewy(): readonly string[] {
  // Only a program that may do everything reaches /dev/shm, where the files are.
  return [Deno.execPath(), "run", "-A", V8_FLAGS, RUNNER, "{archive}", "{out}"];
}

/** Runs `argv` into a fresh folder that is removed afterwards. */
async function extractWith(
  argv: readonly string[],
  archive: string,
  dir: string,
): Promise<Sample> {
  const out = join(dir, "out");
  await Deno.mkdir(out);
  const sample = await time(fill(argv, archive, out), dir);
  await Deno.remove(out, { recursive: true });
  return sample;
}

function fill(
  argv: readonly string[],
  archive: string,
  out: string,
): readonly string[] {
  return argv.map((word) =>
    word.replace("{archive}", archive).replace("{out}", out)
  );
}

async function time(argv: readonly string[], cwd: string): Promise<Sample> {
  const args = ["-f", "%e %U %S %M", ...argv];
  const command = new Deno.Command("/usr/bin/time", { args, cwd });
  const { success, stderr } = await command.output();
  const text = new TextDecoder().decode(stderr).trim();
  if (!success) throw new Error(`"${argv.join(" ")}" failed: ${text}`);
  const [wallS = 0, user = 0, system = 0, kib = 0] = (text.split("\n").at(-1) ??
    "").split(" ").map(Number);
  return { wallS, cpuS: user + system, peakMb: kib / 1024 };
}

function median(samples: readonly Sample[]): Sample {
  const middle = (pick: (sample: Sample) => number) =>
    samples.map(pick).sort((a, b) => a - b)[samples.length >> 1] ?? 0;
  return {
    wallS: middle((sample) => sample.wallS),
    cpuS: middle((sample) => sample.cpuS),
    peakMb: middle((sample) => sample.peakMb),
  };
}
