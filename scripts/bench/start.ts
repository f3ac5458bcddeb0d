/**
 * Prints how long `dewy --version` and `dewy --help` take, from start to end,
 * against an empty Deno program in the same run: the bundle by `deno run`, and
 * a compiled dewy beside an empty program compiled on the same runtime. Fails
 * when a `--version` takes longer than it may.
 *
 *     deno run -A scripts/bench/start.ts [COMPILED_DEWY COMPILED_EMPTY_PROGRAM]
 *
 * @module
 */
import { TempDir } from "../../tests/support/temp_dir.ts";
import { bundleInto } from "../bundle.ts";
import { print } from "../print.ts";
import { DEWY_FLAGS, UNSTABLE_FLAGS } from "../runtime_flags.ts";

const ROUNDS = 33;
/** How many times as long as an empty program `--version` may take. */
const GOAL = 1.3;

type Command = readonly [string, ...string[]];

/**
 * Returns the first quartile of each command's times, milliseconds: what else
 * the machine does can only slow a start down. Runs take turns, so that it meets
 * all of them.
 */
async function quartiles(commands: readonly Command[]): Promise<number[]> {
  const times = commands.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, [program, ...args]] of commands.entries()) {
      const startedAt = performance.now();
      await new Deno.Command(program, { args }).output();
      times[at]?.push(performance.now() - startedAt);
    }
  }
  return times.map((all) => all.toSorted((a, b) => a - b)[ROUNDS >> 2] ?? NaN);
}

/** Returns how many times as long as `empty` the version takes. */
async function compare(
  what: string,
  dewy: Command,
  empty: Command,
): Promise<number> {
  const [emptyMs = NaN, versionMs = NaN, helpMs = NaN] = await quartiles([
    empty,
    [...dewy, "--version"],
    [...dewy, "--help"],
  ]);
  const row = (name: string, ms: number) =>
    print(
      `${`${what}, ${name}`.padEnd(30)}${ms.toFixed(0).padStart(4)} ms  ${
        (ms / emptyMs).toFixed(2)
      } x\n`,
    );
  row("empty program", emptyMs);
  row("dewy --version", versionMs);
  row("dewy --help", helpMs);
  return versionMs / emptyMs;
}

await using folder = await TempDir.create();
const emptyScript = folder.join("empty.js");
await Deno.writeTextFile(emptyScript, "export {};\n");
const run: Command = [
  ...[Deno.execPath(), "run", "--no-config"] as const,
  ...UNSTABLE_FLAGS,
  ...DEWY_FLAGS,
];
const main = await bundleInto(folder.join("bundle"));
const ratios = [await compare("bundle", [...run, main], [...run, emptyScript])];
const [compiled, compiledEmpty] = Deno.args;
if (compiled !== undefined && compiledEmpty !== undefined) {
  ratios.push(await compare("compiled", [compiled], [compiledEmpty]));
}
print(`goal for dewy --version: at most ${GOAL} x\n`);
Deno.exitCode = ratios.every((ratio) => ratio <= GOAL) ? 0 : 1;
