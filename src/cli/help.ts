import { COMMANDS, type CommandSpec } from "./commands.ts";
import { OPTIONS } from "./options.ts";
import type { OptionSpec } from "./options_spec.ts";

/** How the help is written. */
export interface HelpOptions {
  /** Whether escape codes for colours may be used. */
  readonly color: boolean;
}

const NAME = "dewy";
const TAGLINE = "pull-based deployment for plain servers, in one binary";
const SPELLING_WIDTH = 40;

const SECTIONS: readonly (readonly [OptionSpec["section"], string])[] = [
  ["general", "General Options"],
  ["server", "Server Command Options"],
  ["container", "Container Command Options"],
  ["operator", "Operator Command Options"],
  ["init", "Init Command Options"],
];

const ENVIRONMENT = `Environment:
  Every option but --help and --version can be set as DEWY_<OPTION>, such as
  DEWY_REGISTRY or DEWY_LOG_LEVEL; the command line wins. Durations are seconds
  ("10") or have units ("500ms", "10s", "1h30m"), sizes are bytes or have units
  ("512MiB", "1GB").
`;

/** Returns the help of one command, or of all when `topic` names none. */
export function renderHelp(
  topic: string | undefined,
  options: HelpOptions,
): string {
  const command = COMMANDS.find(({ name }) => name === topic);
  const blocks = command === undefined ? overallHelp() : commandHelp(command);
  return [banner(options), ...blocks].join("\n");
}

function banner({ color }: HelpOptions): string {
  const name = color ? `\x1b[1;36m${NAME}\x1b[0m` : NAME;
  return `${name}: ${TAGLINE}\n`;
}

function overallHelp(): string[] {
  const lines = COMMANDS.map(({ name, description }) =>
    line(name, description)
  );
  return [
    `Usage: ${NAME} [--version] [--help] command <options>\n`,
    `Commands:\n${lines.join("")}`,
    ...optionBlocks(OPTIONS),
    ENVIRONMENT,
  ];
}

function commandHelp(command: CommandSpec): string[] {
  const table: readonly OptionSpec[] = OPTIONS;
  const concerned = table.filter(({ commands }) =>
    commands.some((name) => name === command.name)
  );
  const examples = command.examples.map((example) => `  ${example}\n`);
  return [
    `Usage: ${NAME} ${command.usage}\n`,
    `${command.description}\n`,
    ...optionBlocks(concerned),
    ...(concerned.length > 0 ? [ENVIRONMENT] : []),
    ...exitCodes(command),
    ...(examples.length > 0 ? [`Examples:\n${examples.join("")}`] : []),
  ];
}

function exitCodes({ exits }: CommandSpec): string[] {
  if (exits === undefined) return [];
  const lines = Object.entries(exits).map(([code, what]) => line(code, what));
  return [`Exit codes:\n${lines.join("")}`];
}

function optionBlocks(options: readonly OptionSpec[]): string[] {
  return SECTIONS.flatMap(([section, title]) => {
    const lines = options
      .filter((option) => option.section === section)
      .map((option) => line(spellingOf(option), descriptionOf(option)));
    return lines.length === 0 ? [] : [`${title}:\n${lines.join("")}`];
  });
}

function line(spelling: string, description: string): string {
  return `  ${spelling.padEnd(SPELLING_WIDTH)} ${description}\n`;
}

function spellingOf(option: OptionSpec): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const value = option.choices?.join("|") ?? option.placeholder;
  return `${short}--${option.name}${value === undefined ? "" : `=${value}`}`;
}

function descriptionOf(option: OptionSpec): string {
  const remarks = [
    ...(option.repeatable ? ["may be repeated"] : []),
    ...(option.default === undefined ? [] : [`default: ${option.default}`]),
  ];
  const suffix = remarks.length === 0 ? "" : ` (${remarks.join(", ")})`;
  return `${option.description}${suffix}`;
}
