import { COMMANDS, type CommandSpec, SHELLS } from "./commands.ts";
import { OPTIONS } from "./options.ts";
import { isOptionOf, type OptionSpec } from "./options_spec.ts";

const TABLE: readonly OptionSpec[] = OPTIONS;
const NAMES = COMMANDS.map(({ name }) => name).join(" ");

/** Returns the script for fish 3 and newer. */
export function fishCompletions(): string {
  return `# fish completion for dewy; load it with: dewy completions fish | source

# True when the option concerns the command on the line, or there is none yet.
function __dewy_concerns
    not __fish_seen_subcommand_from ${NAMES}; or __fish_seen_subcommand_from $argv
end

complete -c dewy -n 'not __fish_seen_subcommand_from ${NAMES}' -f
${COMMANDS.map(commandLine).join("\n")}
complete -c dewy -n '__fish_seen_subcommand_from completions' -f -a '${
    SHELLS.join(" ")
  }'
complete -c dewy -n '__fish_seen_subcommand_from help' -f -a '${NAMES}'
${TABLE.map(optionLine).join("\n")}
`;
}

function commandLine({ name, description }: CommandSpec): string {
  const condition = `-n 'not __fish_seen_subcommand_from ${NAMES}'`;
  return `complete -c dewy ${condition} -a ${name} -d ${quote(description)}`;
}

function optionLine(option: OptionSpec): string {
  const short = option.short === undefined ? "" : ` -s ${option.short}`;
  const choices = option.choices === undefined
    ? ""
    : ` -a '${option.choices.join(" ")}'`;
  const value = option.kind === "bool" ? "" : ` -x${choices}`;
  const commands = COMMANDS.map(({ name }) => name)
    .filter((name) => isOptionOf(option, name));
  const condition = `-n '__dewy_concerns ${commands.join(" ")}'`;
  return `complete -c dewy ${condition}${short} -l ${option.name}${value} -d ${
    quote(option.description)
  }`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
