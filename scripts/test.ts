/**
 * Runs every test: installs what they need first, then the fast ones side by
 * side, those on real processes one after the other, and those of them that
 * reach every isolate and driver again, on the bundle that ships. The last line
 * is `N passed, N failed, N skipped`, counted from the runs themselves.
 *
 * @module
 */
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
  readonly args: readonly string[];
  /** Whether dewy runs as it ships. @default false */
  readonly onBundle?: boolean;
}

/** What finds a module or a permission missing in the bundle: each isolate, each driver, native code. */
const ON_BUNDLE = [
  "once",
  "command_line",
  "commands",
  "doctor",
  "s3",
  "gcs",
  "ghr",
  "grpc",
  "img",
  "shared_cache",
  "metrics_push",
  "metrics_server",
  "sockets",
  "upgrade_under_load",
  "failures_permission",
  "notifications",
];

const SUITES: readonly Suite[] = [
  { args: ["--parallel", "tests/unit", "tests/conformance"] },
  { args: ["tests/integration"] },
  {
    args: ON_BUNDLE.map((name) => `tests/integration/${name}_test.ts`),
    onBundle: true,
  },
  {
    // One engine will do: how engines differ is not in the bundling.
    args: [
      "--filter=/under load on podman|costs its connections/",
      "tests/integration/container_test.ts",
    ],
    onBundle: true,
  },
];

/** The closing line of `deno test`: `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/gm;

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Counts> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--trace-leaks", "--shuffle", ...args],
    env: { NO_COLOR: "1", LANG: "C.UTF-8", ...env },
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
const suites: readonly Suite[] = Deno.args.length > 0
  ? [{ args: Deno.args }]
  : SUITES;
const results: (Counts & { readonly suite: Suite })[] = [];
for (const suite of suites) {
  const env = suite.onBundle === true
    ? { [PROGRAM_VARIABLE]: await bundleInto(folder.path) }
    : {};
  results.push({ ...await run(suite.args, env), suite });
}
const sum = (pick: (counts: typeof results[number]) => number) =>
  results.map(pick).reduce((a, b) => a + b, 0);
const ok = results.every((counts) => counts.ok);
// A run that fails without a failed test, such as one that leaks, counts too.
const failed = Math.max(sum((counts) => counts.failed), ok ? 0 : 1);
const again = sum(({ suite, passed }) => suite.onBundle === true ? passed : 0);
if (again > 0) {
  print(`\n${again} of those that passed ran again, on the bundle.\n`);
}
print(
  `\n${sum((counts) => counts.passed)} passed, ${failed} failed, ${
    sum((counts) => counts.skipped)
  } skipped\n`,
);
Deno.exitCode = ok && failed === 0 ? 0 : 1;
