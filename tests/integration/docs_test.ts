import assert from "node:assert/strict";
import { join } from "node:path";
import { denoDir } from "../support/deno_dir.ts";
import { dewyCommand } from "../support/dewy_program.ts";
import { freePort } from "../support/free_port.ts";
import { killProcessesOf, MARK } from "../support/process_table.ts";
import {
  type MarkdownBlock,
  markdownBlocks,
} from "../support/markdown_blocks.ts";
import { TempDir } from "../support/temp_dir.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** What the pages write for a port; it may be taken here. */
const PORT = "8000";
/** How long the blocks of one page may take, milliseconds. */
const PAGE_MS = 60_000;

/**
 * What makes a block one that cannot run here: other hosts, root's own files, or
 * the repository's tasks, which the tests themselves are part of.
 */
const ELSEWHERE =
  /ghr:\/\/|s3:\/\/|gs:\/\/|grpc:\/\/|img:\/\/|https:\/\/|slack:\/\/|sudo |systemctl|deno@|deno task|deno run|docker |podman |\/srv\/|\/etc\/|aws |jq |gh |self-update|…/;

const pages = await readPages();

for (const [page, blocks] of pages) {
  const runnable = blocks.filter(({ marks }) => marks.length > 0);
  if (runnable.length === 0) continue;
  Deno.test(`the commands in ${page} do what they say`, async () => {
    await using dir = await TempDir.create();
    try {
      await runBlocks(runnable, dir);
    } finally {
      await killProcessesOf(dir.path);
    }
  });
}

Deno.test("every block of commands in the documentation is run, or cannot be here", () => {
  const all = [...pages.values()].flat();
  const unmarked = all.filter(({ marks, text }) =>
    marks.length === 0 && !ELSEWHERE.test(text)
  );
  assert.deepEqual(
    unmarked.map(({ page, line }) => `${page}:${line}`),
    [],
    'Mark them with "sh run" or "sh background"',
  );
  assert.ok(all.some(({ marks }) => marks.includes("run")));
});

async function readPages(): Promise<Map<string, MarkdownBlock[]>> {
  const names = ["README.md"];
  const folders = ["docs"];
  for (const folder of folders) {
    for await (
      const { name, isDirectory } of Deno.readDir(join(ROOT, folder))
    ) {
      const path = `${folder}/${name}`;
      if (isDirectory) folders.push(path);
      else if (name.endsWith(".md")) names.push(path);
    }
  }
  const pages = new Map<string, MarkdownBlock[]>();
  for (const name of names.sort()) {
    const source = await Deno.readTextFile(join(ROOT, name));
    const blocks = markdownBlocks(name, source)
      .filter(({ language }) => language === "sh" || language === "bash");
    pages.set(name, blocks);
  }
  return pages;
}

/** Runs the blocks of a page as one session of a shell, as a reader who pastes them would. */
async function runBlocks(
  blocks: readonly MarkdownBlock[],
  dir: TempDir,
): Promise<void> {
  const home = dir.join("home");
  await Deno.mkdir(home);
  const bin = dir.join("bin");
  await Deno.mkdir(bin);
  const command = dewyCommand().map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(
    join(bin, "dewy"),
    `#!/bin/sh\nexec ${command} "$@"\n`,
  );
  await Deno.chmod(join(bin, "dewy"), 0o755);
  const script = ["set -euo pipefail", ...blocks.map(sectionOf)].join("\n")
    .replaceAll(PORT, String(freePort()));
  const child = new Deno.Command("bash", {
    args: ["-c", script],
    cwd: home,
    env: {
      HOME: home,
      // A reader's dewy is one file; this one has packages in the old home.
      DENO_DIR: await denoDir(),
      PATH: `${bin}:${Deno.env.get("PATH") ?? ""}`,
      [MARK]: dir.path,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PAGE_MS),
  });
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (success) return;
  const logs = await backgroundLogs(home);
  assert.fail(decoder.decode(stdout) + decoder.decode(stderr) + logs);
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
