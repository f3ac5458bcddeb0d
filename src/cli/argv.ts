import { ConfigError } from "../base/errors.ts";
import { optionByName, optionByShort } from "./options.ts";
import { unknownOption } from "./options_refused.ts";
import type { OptionSpec } from "./options_spec.ts";

/** Looks like a number, so it may follow an option that takes one. */
const NEGATIVE = /^-\.?\d/;

/**
 * Rewrites arguments into the one spelling that leaves nothing to guess:
 * `--name=value` for every option, also for short, bundled and boolean ones.
 * Positionals, `--` and all that follows it stay as they are.
 *
 * @throws {ConfigError} When an option is unknown or its value is missing.
 */
export function normaliseArgv(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const reader = new ArgvReader(end === -1 ? args : args.slice(0, end));
  const rest = end === -1 ? [] : args.slice(end);
  return [...reader.readAll(), ...rest];
}

class ArgvReader {
  readonly #args: readonly string[];
  #at = 0;

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  readAll(): string[] {
    const read: string[] = [];
    while (this.#at < this.#args.length) {
      const argument = this.#args[this.#at++] ?? "";
      if (argument.startsWith("--")) read.push(this.#long(argument));
      else if (/^-./s.test(argument)) read.push(...this.#cluster(argument));
      else read.push(argument);
    }
    return read;
  }

  /** `--name`, `--name=value`, `--name value` */
  #long(argument: string): string {
    const equals = argument.indexOf("=");
    const spelling = equals === -1 ? argument : argument.slice(0, equals);
    const option = optionByName(spelling.slice(2));
    if (option === undefined) throw unknownOption(spelling);
    if (equals !== -1) return assign(option, argument.slice(equals + 1));
    return assign(option, this.#valueAfter(option, spelling));
  }

  /** `-p 80`, `-p80`, `-p=80`, `-hv`, `-hp80` */
  #cluster(argument: string): string[] {
    const read: string[] = [];
    for (const [index, letter] of [...argument].entries()) {
      if (index === 0) continue;
      const option = optionByShort(letter);
      if (option === undefined) throw unknownOption(`-${letter}`);
      const attached = argument.slice(index + 1);
      if (attached.startsWith("=")) {
        return [...read, assign(option, attached.slice(1))];
      }
      if (option.kind !== "bool" && attached !== "") {
        return [...read, assign(option, attached)];
      }
      read.push(assign(option, this.#valueAfter(option, `-${letter}`)));
    }
    return read;
  }

  #valueAfter(option: OptionSpec, spelling: string): string {
    if (option.kind === "bool") return "true";
    const next = this.#args[this.#at];
    if (next !== undefined && isValue(option, next)) {
      this.#at += 1;
      return next;
    }
    throw new ConfigError(
      `Cannot parse arguments: option "${spelling}" needs a value`,
      next === undefined ? {} : {
        hint: `If "${next}" is the value, write "--${option.name}=${next}"`,
      },
    );
  }
}

function isValue(option: OptionSpec, text: string): boolean {
  if (!text.startsWith("-") || text === "-") return true;
  if (option.dashValue) return true;
  const isNumber = option.kind === "int" || option.kind === "duration" ||
    option.kind === "size";
  return isNumber && NEGATIVE.test(text);
}

function assign(option: OptionSpec, value: string): string {
  return `--${option.name}=${value}`;
}
