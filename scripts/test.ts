/**
 * Runs every test: installs what they need first, then the fast ones side by
 * side and those on real processes one after the other. The last line is
 * `N passed, N failed, N skipped`, counted from the runs themselves.
 *
 * @module
 */
import { prepareMachine } from "./prepare_machine.ts";
import { print } from "./print.ts";

/** Counts of one run. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ok: boolean;
}

const SUITES = [
  ["--parallel", "tests/unit", "tests/conformance"],
  ["tests/integration"],
] as const;

/** The closing line of `deno test`: `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/gm;

async function run(args: readonly string[]): Promise<Counts> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--trace-leaks", "--shuffle", ...args],
    env: { NO_COLOR: "1", LANG: "C.UTF-8" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(text));
    output += text;
  }
  const { success } = await child.status;
  const [, passed, failed, skipped] = [...output.matchAll(SUMMARY)].at(-1) ??
    [];
  if (passed === undefined) {
    print(`No summary in the output of: deno test ${args.join(" ")}\n`);
    return { passed: 0, failed: 1, skipped: 0, ok: false };
  }
  return {
    passed: Number(passed),
    failed: Number(failed),
    skipped: Number(skipped ?? 0),
    ok: success,
  };
}

await prepareMachine();
const only = Deno.args.length > 0 ? [Deno.args] : SUITES;
const results: Counts[] = [];
for (const suite of only) results.push(await run(suite));
const sum = (pick: (counts: Counts) => number) =>
  results.map(pick).reduce((a, b) => a + b, 0);
const ok = results.every((counts) => counts.ok);
// A run that fails without a failed test, such as one that leaks, counts too.
const failed = Math.max(sum((counts) => counts.failed), ok ? 0 : 1);
print(
  `\n${sum((counts) => counts.passed)} passed, ${failed} failed, ${
    sum((counts) => counts.skipped)
  } skipped\n`,
);
Deno.exitCode = ok && failed === 0 ? 0 : 1;
