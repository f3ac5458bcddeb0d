import { CONTAINER_OPTIONS } from "./options_container.ts";
import { GENERAL_OPTIONS } from "./options_general.ts";
import { INIT_OPTIONS } from "./options_init.ts";
import { OPERATOR_OPTIONS } from "./options_operator.ts";
import { PROXY_OPTIONS } from "./options_proxy.ts";
import { REPORT_OPTIONS } from "./options_report.ts";
import { SERVER_OPTIONS } from "./options_server.ts";
import type { OptionKind, OptionSpec } from "./options_spec.ts";

/** Every option there is, in the order of the help. */
export const OPTIONS = [
  ...GENERAL_OPTIONS,
  ...REPORT_OPTIONS,
  ...SERVER_OPTIONS,
  ...CONTAINER_OPTIONS,
  ...PROXY_OPTIONS,
  ...OPERATOR_OPTIONS,
  ...INIT_OPTIONS,
] as const;

type Entry = (typeof OPTIONS)[number];

/** The name of an option, without its dashes. */
export type OptionName = Entry["name"];

/** The names of the options of one kind. */
export type NameOfKind<K extends OptionKind> = Extract<
  Entry,
  { readonly kind: K }
>["name"];

/** The names of the options that are numbers and have a default. */
export type NumberName = Extract<
  Entry,
  {
    readonly kind: "int" | "duration" | "size";
    readonly default: string;
  }
>["name"];

/** The words that a choice allows. */
export type ChoiceOf<N extends NameOfKind<"choice">> = Extract<
  Entry,
  { readonly name: N; readonly choices: readonly string[] }
>["choices"][number];

const BY_NAME: ReadonlyMap<string, OptionSpec> = new Map(
  OPTIONS.map((option) => [option.name, option]),
);

const BY_SHORT: ReadonlyMap<string, OptionSpec> = new Map(
  OPTIONS.flatMap((option: OptionSpec) =>
    option.short === undefined ? [] : [[option.short, option]]
  ),
);

/** Returns the option called `name` (`log-level`), if there is one. */
export function optionByName(name: string): OptionSpec | undefined {
  return BY_NAME.get(name);
}

/** Returns the option with the letter `short` (`l`), if there is one. */
export function optionByShort(short: string): OptionSpec | undefined {
  return BY_SHORT.get(short);
}

/** Returns the option `name` of the table. */
export function optionOf(name: OptionName): OptionSpec {
  const option = BY_NAME.get(name);
  if (option === undefined) {
    throw new TypeError(`Cannot find option "${name}"`);
  }
  return option;
}

/** Returns the environment variable that stands in for an option: `DEWY_LOG_LEVEL`. */
export function envName(option: Pick<OptionSpec, "name">): string {
  return `DEWY_${option.name.toUpperCase().replaceAll("-", "_")}`;
}
