import assert from "node:assert/strict";
import { parseCommand } from "../../../src/cli/args.ts";
import { initSystemd } from "../../../src/cli/init_systemd.ts";
import { markdownBlocks } from "../../support/markdown_blocks.ts";
import { readPages } from "../../support/markdown_pages.ts";

/** Stands for what a page leaves out: `…`. */
const REST = ["--registry", "ghr://owner/app", "--", "./current/app"];

/** A command line of dewy in a page. */
interface CommandLine {
  readonly place: string;
  readonly words: readonly string[];
}

Deno.test("every command line of dewy in the documentation is one that dewy takes", async () => {
  const lines = await commandLines();
  assert.ok(lines.length > 50, `${lines.length} lines`);
  const refused: string[] = [];
  for (const { place, words } of lines) {
    try {
      const command = parseCommand(words, {});
      if (command.kind !== "init") continue;
      initSystemd(command.settings, {
        program: "/usr/local/bin/dewy",
        workdir: "/srv/app",
        parse: (line) => parseCommand(line, {}),
      });
    } catch (error) {
      refused.push(`${place}: dewy ${words.join(" ")}: ${error}`);
    }
  }
  assert.deepEqual(refused, []);
});

async function commandLines(): Promise<readonly CommandLine[]> {
  const found: CommandLine[] = [];
  for (const [page, source] of await readPages()) {
    for (const { language, line, text } of markdownBlocks(page, source)) {
      if (language !== "sh") continue;
      for (const words of commandsOf(text)) {
        if (words[0] !== "dewy") continue;
        const place = `${page}:${line}`;
        const rest = words.includes("…") ? REST : [];
        const given = words.slice(1).filter((word) => word !== "…");
        found.push({ place, words: [...given, ...rest] });
      }
    }
  }
  return found;
}

/** Returns the simple commands of a script, each as its words, without what sets variables. */
function commandsOf(script: string): string[][] {
  const joined = script.replaceAll(/\\\n\s*/g, "");
  return joined.split("\n").flatMap((line) =>
    splitLine(line).map((words) => {
      const first = words.findIndex((word) =>
        !/^(?:\w+=.*|until|sudo|\(|<\()$/.test(word)
      );
      return words.slice(Math.max(first, 0));
    })
  );
}

/** Splits a line at blanks and where one command ends, as a shell does; comments and redirections are left out. */
function splitLine(line: string): string[][] {
  const commands: string[][] = [[]];
  const parts = line.matchAll(
    /(?:^|\s)#.*$|&&|\|\||[|;&]|[0-9]?>+ ?[^\s;|&]+|(?:'[^']*'|"[^"]*"|[^\s|;&'">])+/g,
  );
  for (const [part] of parts) {
    if (/^\s?#|^[0-9]?>/.test(part)) continue;
    if (/^(?:&&|\|\||[|;&])$/.test(part)) commands.push([]);
    else commands.at(-1)?.push(part.replaceAll(/['"]/g, ""));
  }
  return commands;
}
