/**
 * Writes `docs/cli.md` from the tables of commands and options.
 *
 * @module
 */
import { COMMANDS } from "../src/cli/commands.ts";
import { envName, OPTIONS } from "../src/cli/options.ts";
import type { OptionSpec } from "../src/cli/options_spec.ts";
import { markdownTable } from "./markdown_table.ts";
import { fromFolder } from "./paths.ts";

/** Where the page is. */
export const CLI_PAGE = fromFolder("../docs/cli.md");

const BEFORE = `# Command line

<!-- Written by scripts/generate_cli_reference.ts: change the tables in src/cli -->

\`\`\`text
dewy [--version] [--help] COMMAND [OPTION...] [-- WORD...]
\`\`\`

Options may stand before or after the command: \`--name value\`, \`--name=value\`,
\`-p 80\`, \`-p80\`. What follows \`--\` belongs to the program or the container. Of
an option that counts once the last one wins. Each can be set by the variable
that stands beside it; the command line wins. Options that do not concern a
command are accepted and ignored, but must be well written.

Durations are seconds (\`10\`) or have units (\`500ms\`, \`1h30m\`); sizes are bytes
or have units (\`512MiB\`, \`1GB\`).

`;

const SECTIONS: Readonly<Record<OptionSpec["section"], string>> = {
  general: "General options",
  server: "Options of dewy server",
  container: "Options of dewy container",
  operator: "Options of the commands for a running dewy",
  init: "Options of dewy init",
};

/** Returns the page as it is to be, but for the padding of its tables. */
export function cliPage(): string {
  return [
    BEFORE,
    "## Commands\n\n",
    markdownTable(
      ["command", "what it does"],
      COMMANDS.map(({ usage, description }) => [
        `\`dewy ${usage}\``,
        description,
      ]),
    ),
    ...Object.entries(SECTIONS).map(([section, title]) =>
      `\n## ${title}\n\n${optionTable(section)}`
    ),
    "\n## Examples\n\n```sh\n",
    ...COMMANDS.flatMap(({ examples }) => examples).map((line) => `${line}\n`),
    "```\n",
  ].join("");
}

function optionTable(section: string): string {
  const table: readonly OptionSpec[] = OPTIONS;
  const rows = table.filter((option) => option.section === section)
    .map((option) => [
      spelling(option),
      option.env === false ? "" : `\`${envName(option)}\``,
      option.default === undefined ? "" : `\`${option.default}\``,
      `${option.description}${option.repeatable ? "; may be repeated" : ""}`,
    ]);
  return markdownTable(["option", "variable", "default", "meaning"], rows);
}

function spelling({ name, short, choices, placeholder }: OptionSpec): string {
  const value = choices?.join("|") ?? placeholder;
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
  return `\`${names}${value === undefined ? "" : `=${value}`}\``;
}

if (import.meta.main) {
  await Deno.writeTextFile(CLI_PAGE, cliPage());
}
