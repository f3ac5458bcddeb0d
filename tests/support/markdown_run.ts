import assert from "node:assert/strict";
import { join } from "node:path";
import { denoDir } from "./deno_dir.ts";
import { dewyCommand } from "./dewy_program.ts";
import { freePort } from "./free_port.ts";
import type { MarkdownBlock } from "./markdown_blocks.ts";
import { MARK } from "./process_table.ts";
import type { TempDir } from "./temp_dir.ts";

/** What the pages write for a port; it may be taken here. */
const PORT = "8000";
/** How long the blocks of one page may take, milliseconds. */
const PAGE_MS = 60_000;

/** What is other here than on a reader's machine. */
export interface ReaderOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Words of the blocks, and what stands for them here. */
  readonly replaced?: Readonly<Record<string, string>>;
}

/**
 * Runs the blocks of a page as one session of a shell, as a reader who pastes
 * them would, with a home of his own; returns what they printed.
 *
 * @throws When one fails; the message holds what was printed.
 */
export async function runBlocks(
  blocks: readonly MarkdownBlock[],
  dir: TempDir,
  { env = {}, replaced = {} }: ReaderOptions = {},
): Promise<string> {
  const home = dir.join("home");
  await Deno.mkdir(home);
  const words = { ...replaced, [PORT]: String(freePort()) };
  const script = Object.entries(words).reduce(
    (text, [word, here]) => text.replaceAll(word, here),
    ["set -euo pipefail", ...blocks.map(sectionOf)].join("\n"),
  );
  const child = new Deno.Command("bash", {
    args: ["-c", script],
    cwd: home,
    env: {
      ...env,
      HOME: home,
      // A reader's dewy is one file; this one has packages in the old home.
      DENO_DIR: await denoDir(),
      PATH: `${await writeDewy(dir)}:${Deno.env.get("PATH") ?? ""}`,
      [MARK]: dir.path,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PAGE_MS),
  });
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  const printed = decoder.decode(stdout);
  if (success) return printed;
  const logs = await backgroundLogs(home);
  assert.fail(printed + decoder.decode(stderr) + logs);
}

/** Returns a folder with the program `dewy`. */
async function writeDewy(dir: TempDir): Promise<string> {
  const bin = dir.join("bin");
  await Deno.mkdir(bin);
  const command = dewyCommand().map((word) => `'${word}'`).join(" ");
  const script = `#!/bin/sh\nexec ${command} "$@"\n`;
  await Deno.writeTextFile(join(bin, "dewy"), script);
  await Deno.chmod(join(bin, "dewy"), 0o755);
  return bin;
}

async function backgroundLogs(home: string): Promise<string> {
  const texts: string[] = [];
  for await (const { name } of Deno.readDir(home)) {
    if (!name.startsWith("background-")) continue;
    texts.push(`--- ${name}\n${await Deno.readTextFile(join(home, name))}`);
  }
  return texts.join("\n");
}

/** A block in the background is the one that a reader leaves running in another terminal. */
function sectionOf({ page, line, marks, text }: MarkdownBlock): string {
  const [mark] = marks;
  assert.ok(
    mark === "run" || mark === "background",
    `${page}:${line}: ${mark}`,
  );
  const head = `echo '--- ${page}:${line}'`;
  return mark === "run"
    ? `${head}\n${text}`
    : `${head}\n(\n${text}) > ~/background-${line}.log 2>&1 &`;
}
