import assert from "node:assert/strict";
import { join } from "node:path";
import { markdownBlocks } from "./markdown_blocks.ts";
import type { TempDir } from "./temp_dir.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Returns the command lines that README.md has for a checkout, by the name of their task. */
export async function readmeCommands(): Promise<ReadonlyMap<string, string>> {
  const page = await Deno.readTextFile(join(ROOT, "README.md"));
  const version = (await Deno.readTextFile(join(ROOT, ".dvmrc"))).trim();
  const start = `npx -y deno@${version} task `;
  return new Map(
    markdownBlocks("README.md", page)
      .filter(({ marks }) => marks.includes("checkout"))
      .flatMap(({ text }) => text.trim().split("\n"))
      .map((line) => {
        assert.ok(line.startsWith(start), line);
        return [line.slice(start.length), line];
      }),
  );
}

/**
 * Returns the command that runs what README.md says for a task: with the Deno
 * of this test in the place of the one that npx would fetch, and `dir/tmp` for
 * temporary files.
 *
 * @param more Further words.
 */
export async function readmeCommand(
  task: string,
  { dir, cwd, more = "" }: {
    readonly dir: TempDir;
    readonly cwd: string;
    readonly more?: string;
  },
): Promise<Deno.Command> {
  const line = (await readmeCommands()).get(task);
  assert.ok(line !== undefined, `README.md has no command for ${task}`);
  const bin = dir.join("bin");
  await Deno.mkdir(bin);
  await Deno.mkdir(dir.join("tmp"));
  const script = `#!/bin/sh\nshift 2\nexec '${Deno.execPath()}' "$@"\n`;
  await Deno.writeTextFile(join(bin, "npx"), script, { mode: 0o755 });
  return new Deno.Command("sh", {
    args: ["-c", `exec ${line} ${more}`],
    cwd,
    env: {
      PATH: `${bin}:${Deno.env.get("PATH") ?? ""}`,
      TMPDIR: dir.join("tmp"),
      NO_COLOR: "1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}
