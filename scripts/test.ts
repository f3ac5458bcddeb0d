/**
 * Runs every test: installs what they need first, then the fast ones side by
 * side, then those on real processes, which run dewy as it ships: bundled,
 * under the permissions that are built in. Those that mostly wait go
 * beside the others, those that measure go alone. The last
 * line is `N passed, N failed, N skipped`, counted from the runs themselves.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { PROGRAM_VARIABLE } from "../tests/support/dewy_program.ts";
import { TempDir } from "../tests/support/temp_dir.ts";
import { bundleInto } from "./bundle.ts";
import { prepareMachine } from "./prepare_machine.ts";
import { print } from "./print.ts";

/** Counts of one run. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ok: boolean;
}

/** One run of `deno test`. */
interface Suite {
  readonly name: string;
  readonly args: readonly string[];
  /** Whether dewy runs from source, and not as it ships. @default false */
  readonly fromSource?: boolean;
}

const INTEGRATION = "tests/integration";

/** Wait for container engines, time limits and restarts more than they work; about half of the time that all take. */
const WAITING =
  /(?:^|_)(?:container|containers|engine|img)_|^(?:kill_at_phases|ready_proofs)_/;

/** Judge memory, or time that others would take from them. */
const MEASURING = [
  "many_versions",
  "proxy_http_abuse",
  "proxy_http_load",
  "proxy_swaps",
  "proxy_tcp_load",
  "restarts",
  "soak",
  "start_time",
  "upgrade_under_load",
];

/** Enough to see that what contributors run does what ships does. */
const FROM_SOURCE = ["commands", "once", "s3", "signals"];

/** Suites that run one after the other, each beside its neighbours. */
async function planSuites(): Promise<readonly (readonly Suite[])[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(INTEGRATION)) {
    if (name.endsWith("_test.ts")) names.push(name);
  }
  const measuring = MEASURING.map((name) => `${name}_test.ts`);
  const others = names.filter((name) => !measuring.includes(name));
  const isWaiting = (name: string) => WAITING.test(name);
  return [
    [{
      name: "units and conformance",
      args: ["--parallel", "tests/unit", "tests/conformance"],
      fromSource: true,
    }],
    [
      { name: "container engines", args: paths(others.filter(isWaiting)) },
      {
        name: "processes",
        args: paths(others.filter((name) => !isWaiting(name))),
      },
    ],
    [{ name: "measuring", args: paths(measuring) }],
    [{
      name: "from source",
      args: paths(FROM_SOURCE.map((name) => `${name}_test.ts`)),
      fromSource: true,
    }],
  ];
}

function paths(names: readonly string[]): string[] {
  return names.map((name) => `${INTEGRATION}/${name}`);
}

/** The closing line of `deno test`: `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/gm;

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Counts> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--trace-leaks", "--shuffle", ...args],
    env: { NO_COLOR: "1", LANG: "C.UTF-8", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const lines = child.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  // Whole lines, since a neighbour prints too.
  for await (const line of lines) {
    print(`${line}\n`);
    output += `${line}\n`;
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

const missing = await prepareMachine();
if (missing.length > 0) {
  const packages = missing.join(" ");
  print(
    `These Debian packages are needed, and not here, or not in PATH: ${packages}
Run this as root on Debian, which installs them, or first: apt-get install ${packages}
`,
  );
  // What somebody names may do without them.
  if (Deno.args.length === 0) Deno.exit(1);
}
await using folder = await TempDir.create();
// Some tests run dewy as other users.
await Deno.chmod(folder.path, 0o755);
const isChosen = Deno.args.length > 0;
const rounds: readonly (readonly Suite[])[] = isChosen
  ? [[{ name: "chosen", args: Deno.args, fromSource: true }]]
  : await planSuites();
const bundled = isChosen
  ? {}
  : { [PROGRAM_VARIABLE]: await bundleInto(folder.path) };
const results: (Counts & { readonly name: string })[] = [];
for (const round of rounds) {
  results.push(
    ...await Promise.all(round.map(async ({ name, args, fromSource }) => {
      const started = performance.now();
      const counts = await run(args, fromSource === true ? {} : bundled);
      const seconds = Math.round((performance.now() - started) / 1000);
      print(`\n--- ${name}: ${counts.passed} passed in ${seconds} s ---\n`);
      return { name, ...counts };
    })),
  );
}
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
