import assert from "node:assert/strict";
import { dirname } from "node:path";
import { denoDir } from "./deno_dir.ts";
import { dewyCommand } from "./dewy_program.ts";
import { runDewy } from "./run_dewy.ts";

const SOURCE = new URL("../..", import.meta.url).pathname;
// The unit's user may not enter the folders of this test's.
const DENO = "/opt/deno";
const DENO_DIR = "/opt/deno-dir";
const BUNDLE = "/opt/bundle";
/** Where `dewy init systemd` expects dewy when that is not compiled. */
const PROGRAM = "/usr/local/bin/dewy";

/** The dewy of this test, as it is inside of a {@link SystemdHost}. */
export interface DewyInside {
  /** What the host shows of this machine for it. */
  readonly shown: Readonly<Record<string, string>>;
  /** For the units: `Environment=` lines. */
  readonly environment: string;
  /** Returns a word of a command line as it is inside. */
  readonly moved: (word: string) => string;
}

/** Writes a program that runs dewy inside, as `path`. */
export async function dewyInside(path: string): Promise<DewyInside> {
  const command = dewyCommand();
  const main = command.at(-1) ?? "";
  // A bundle is in the temporary folder, of which systemd has another one.
  const isBundle = main.endsWith(".js");
  const moved = (word: string) => {
    if (word === Deno.execPath()) return DENO;
    return isBundle && word === main
      ? word.replace(dirname(main), BUNDLE)
      : word.replace(SOURCE, "/opt/dewy/");
  };
  const words = command.map(moved).map((word) => `'${word}'`).join(" ");
  const script = `#!/bin/sh\nexport DENO_DIR=${DENO_DIR}\nexec ${words} "$@"\n`;
  await Deno.writeTextFile(path, script);
  await Deno.chmod(path, 0o755);
  return {
    moved,
    environment: `Environment=DENO_DIR=${DENO_DIR}\n`,
    shown: {
      [PROGRAM]: path,
      "/opt/dewy": SOURCE,
      [DENO]: Deno.execPath(),
      [DENO_DIR]: await denoDir(),
      ...(isBundle ? { [BUNDLE]: dirname(main) } : {}),
    },
  };
}

/** A unit that dewy is asked for. */
export interface PrintedUnit {
  /** Options of `dewy init systemd`. */
  readonly flags: readonly string[];
  /** dewy's own command line. */
  readonly line: readonly string[];
  /** Where this test has the working directory. */
  readonly outside: string;
  /** Where the host has it. */
  readonly inside: string;
}

/** Returns the unit that `dewy init systemd` prints. */
export async function printedUnit(unit: PrintedUnit): Promise<string> {
  const { flags, line, outside, inside } = unit;
  const { code, stdout, stderr } = await runDewy(
    ["init", "systemd", ...flags, "--", ...line],
    { cwd: outside },
  );
  assert.equal(code, 0, stderr);
  return stdout.replaceAll(outside, inside);
}
