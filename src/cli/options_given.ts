import { parseArgs } from "@std/cli";
import { normaliseArgv } from "./argv.ts";
import {
  type ChoiceOf,
  envName,
  type NameOfKind,
  type NumberName,
  optionOf,
  OPTIONS,
} from "./options.ts";
import { formatDuration } from "../base/duration.ts";
import { formatSize } from "../base/size.ts";
import type { OptionSpec } from "./options_spec.ts";
import {
  checkValue,
  type GivenValue,
  readFlag,
  readNumber,
  readText,
} from "./options_values.ts";

/** What an option comes to. */
export type OptionValue =
  | string
  | number
  | boolean
  | readonly string[]
  | null;

type Given = ReadonlyMap<string, readonly GivenValue[]>;
type TextName = NameOfKind<"string" | "url">;

/**
 * The options as they were given, on the command line or else in the
 * environment. Every reader throws {@link ConfigError} for a bad value.
 */
export class GivenOptions {
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  /** Throws for the first bad value of any option, whether the command needs it or not. */
  checkAll(): void {
    for (const option of OPTIONS) {
      for (const given of this.#given.get(option.name) ?? []) {
        checkValue(option, given);
      }
    }
  }

  flag(name: NameOfKind<"bool">): boolean {
    const given = this.#last(name);
    return given !== undefined && readFlag(optionOf(name), given);
  }

  /** Milliseconds for a duration, bytes for a size. */
  number(name: NumberName): number {
    return readNumber(optionOf(name), this.#lastOrDefault(name));
  }

  /** As {@link number}; `undefined` when it was not given. */
  numberIfGiven(name: NameOfKind<"int">): number | undefined {
    const given = this.#last(name);
    return given === undefined ? undefined : readNumber(optionOf(name), given);
  }

  choice<N extends NameOfKind<"choice">>(name: N): ChoiceOf<N> {
    // readText() returns nothing but one of the choices.
    return readText(optionOf(name), this.#lastOrDefault(name)) as ChoiceOf<N>;
  }

  /** Empty when it was not given. */
  text(name: TextName): string {
    const given = this.#last(name);
    return given === undefined ? "" : readText(optionOf(name), given);
  }

  /** Every value of a repeatable option, in order; empty ones left out. */
  texts(name: TextName | NameOfKind<"listen">): readonly string[] {
    const option = optionOf(name);
    return (this.#given.get(name) ?? [])
      .map((given) => readText(option, given))
      .filter((text) => text !== "");
  }

  /** The value in effect as it may be shown, but for secrets: durations and sizes as they are written, `null` for none. */
  inEffect(option: OptionSpec): OptionValue {
    const given = this.#given.get(option.name) ?? [];
    const last = given.at(-1) ??
      { text: option.default ?? "", source: `--${option.name}` };
    switch (option.kind) {
      case "bool":
        return last.text !== "" && readFlag(option, last);
      case "int":
        return last.text === "" ? null : readNumber(option, last);
      case "duration":
        return formatDuration(readNumber(option, last));
      case "size":
        return formatSize(readNumber(option, last));
      default: {
        const texts = given.map((value) => readText(option, value))
          .filter((text) => text !== "");
        if (option.repeatable === true) return texts;
        return texts.at(-1) ?? option.default ?? null;
      }
    }
  }

  #last(name: string): GivenValue | undefined {
    return this.#given.get(name)?.at(-1);
  }

  #lastOrDefault(name: NumberName | NameOfKind<"choice">): GivenValue {
    const text = optionOf(name).default ?? "";
    return this.#last(name) ?? { text, source: `--${name}` };
  }
}

/** What was written on the command line, options apart. */
export interface ReadArguments {
  readonly options: GivenOptions;
  readonly positionals: readonly string[];
}

/**
 * Reads options from arguments, and from the environment those that the
 * arguments do not give.
 *
 * @throws {ConfigError} When an option is unknown or its value is missing.
 */
export function readArguments(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ReadArguments {
  const table: readonly OptionSpec[] = OPTIONS;
  const parsed = parseArgs(normaliseArgv(args), {
    // Booleans are read as texts too, so that `--once=maybe` can be refused;
    // without "_" a positional such as "007" would become a number.
    string: [...table.map((option) => option.name), "_"],
    collect: table.map((option) => option.name),
  });
  const given = new Map(table.map((option) => {
    const texts = stringsOf(parsed[option.name]);
    const source = `--${option.name}`;
    const onLine = texts.map((text) => ({ text, source }));
    return [option.name, onLine.length > 0 ? onLine : fromEnv(option, env)];
  }));
  return {
    options: new GivenOptions(given),
    positionals: parsed._.map(String),
  };
}

function fromEnv(
  option: OptionSpec,
  env: Readonly<Record<string, string>>,
): readonly GivenValue[] {
  const source = envName(option);
  const text = env[source];
  // Unit files and containers often set a variable to nothing to clear it.
  if (option.env === false || text === undefined || text === "") return [];
  const texts = option.kind === "listen" ? text.split(",") : [text];
  return texts.map((text) => ({ text, source }));
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
