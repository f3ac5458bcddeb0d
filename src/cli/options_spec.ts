/** Commands that deploy. */
export type Mode = "server" | "assets" | "container";

/** Commands that speak to a running dewy, or look at what one would do, in the order of the help. */
export const OPERATOR_COMMANDS = [
  "status",
  "history",
  "plan",
  "events",
  "deploy",
  "rollback",
  "pin",
  "unpin",
  "hold",
  "resume",
  "restart",
  "doctor",
] as const;

/** One of {@link OPERATOR_COMMANDS}. */
export type OperatorCommand = (typeof OPERATOR_COMMANDS)[number];

/** The commands that options belong to. */
export type CommandName = Mode | OperatorCommand | "init";

/** How the text of an option is read. */
export type OptionKind =
  | "bool"
  | "string"
  | "int"
  /** Milliseconds; written as seconds or as in `1h30m`. */
  | "duration"
  /** Bytes; written as in `512MiB`. */
  | "size"
  | "choice"
  /** `scheme://rest`; which schemes there are is the opener's business. */
  | "url"
  /** Ports and addresses; their grammar depends on the command. */
  | "listen";

/** One option as everything else is derived from: parsing, environment, help and completions. */
export interface OptionSpec {
  /** Without the dashes: `log-level`. */
  readonly name: string;
  readonly short?: string;
  readonly kind: OptionKind;
  /** Which part of the help it stands in. */
  readonly section: "general" | "server" | "container" | "operator" | "init";
  /** The commands it concerns; all others accept and ignore it. */
  readonly commands: readonly CommandName[];
  /** What stands for the value in the help; none for a boolean. */
  readonly placeholder?: string;
  /** One line, without a full stop. */
  readonly description: string;
  /** Written as a user would. */
  readonly default?: string;
  readonly repeatable?: true;
  readonly choices?: readonly string[];
  /** Least and greatest value of a number; milliseconds for a duration, bytes for a size. */
  readonly min?: number;
  readonly max?: number;
  /** Numbers that stand for the default. */
  readonly meansDefault?: (value: number) => boolean;
  /** Returns what `text` must be, or `undefined` when it is that. */
  readonly check?: (text: string) => string | undefined;
  /** Replaces the usual beginning of the error for a bad value. */
  readonly invalid?: string;
  /** A value of its own may begin with a dash. */
  readonly dashValue?: true;
  /** Set to `false` when no environment variable stands in for it. */
  readonly env?: false;
}

/** Commands that take the options of the deploying command they are about. */
const ABOUT_A_MODE: readonly string[] = ["plan", "doctor"];

/** Whether an option may stand after a command. */
export function isOptionOf(option: OptionSpec, command: string): boolean {
  return ABOUT_A_MODE.includes(command) ||
    option.commands.some((name) => name === command);
}
