import { ConfigError } from "../base/errors.ts";
import { nearestWord } from "../base/nearest.ts";
import type { RunOption } from "./run_option.ts";
import {
  RUN_OPTIONS,
  runOptionByName,
  runOptionByShort,
} from "./run_option_table.ts";

/** One option as it was written. */
export interface GivenRunOption {
  readonly option: RunOption;
  /** With its dashes: `--env`, `-e`. */
  readonly spelling: string;
  readonly value: string;
}

/**
 * Reads words as `docker run` reads its options: `--name value`, `--name=value`,
 * `-n value`, `-nvalue`, `-n=value`, and booleans bundled behind one dash. A word
 * that is an option's value is never looked at as an option.
 *
 * @throws {ConfigError} When an option is unknown, lacks its value, or a word is none.
 */
export function readRunWords(words: readonly string[]): GivenRunOption[] {
  const reader = new WordReader(words);
  return reader.readAll();
}

class WordReader {
  readonly #words: readonly string[];
  readonly #given: GivenRunOption[] = [];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  readAll(): GivenRunOption[] {
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at++] ?? "";
      if (word === "--") {
        const next = this.#words[this.#at];
        if (next !== undefined) throw this.#noOption(next);
      } else if (word.startsWith("--")) this.#readLong(word);
      else if (word.startsWith("-") && word !== "-") this.#readShort(word);
      else throw this.#noOption(word);
    }
    return this.#given;
  }

  #readLong(word: string): void {
    const equals = word.indexOf("=");
    const spelling = equals === -1 ? word : word.slice(0, equals);
    const option = runOptionByName(spelling.slice(2));
    if (option === undefined) throw unknownOption(spelling);
    const value = equals === -1
      ? this.#valueAfter(option, spelling)
      : word.slice(equals + 1);
    this.#given.push({ option, spelling, value });
  }

  #readShort(word: string): void {
    let letters = word.slice(1);
    while (letters !== "") {
      const letter = String.fromCodePoint(letters.codePointAt(0) ?? 0);
      const spelling = `-${letter}`;
      const option = runOptionByShort(letter);
      if (option === undefined) throw unknownOption(spelling);
      const rest = letters.slice(letter.length);
      // Docker's own reading: a lone "=" is no separator but the value.
      const isAssigned = rest.startsWith("=") && rest.length > 1;
      const takesRest = isAssigned || option.takes !== undefined && rest !== "";
      const value = takesRest
        ? rest.slice(isAssigned ? 1 : 0)
        : this.#valueAfter(option, spelling);
      this.#given.push({ option, spelling, value });
      letters = takesRest ? "" : rest;
    }
  }

  #valueAfter(option: RunOption, spelling: string): string {
    if (option.takes === undefined) return "true";
    const value = this.#words[this.#at++];
    if (value !== undefined) return value;
    throw failure(`option "${spelling}" needs a value`, {
      hint: `Write "${spelling} ${option.takes}"`,
    });
  }

  /** The word may be the end of a secret that was not quoted: then it is not repeated. */
  #noOption(word: string): ConfigError {
    const last = this.#given.at(-1);
    const mayBeSecret = last !== undefined && "secret" in last.option;
    const what = mayBeSecret
      ? `the word after option "${last.spelling}" and its value`
      : `"${word}"`;
    return failure(`${what} is no option`, {
      hint: mayBeSecret
        ? "Put quotes around a value with blanks in it"
        : 'The image is named by --registry and the command by --cmd, both before the "--"',
    });
  }
}

function unknownOption(spelling: string): ConfigError {
  const names = RUN_OPTIONS.filter((option) => !("refused" in option))
    .map((option) => option.name);
  const near = spelling.startsWith("--")
    ? nearestWord(spelling.slice(2), names)
    : undefined;
  return failure(`option "${spelling}" is unknown`, {
    hint: near === undefined
      ? 'After "--" stand options of "docker run"; those of dewy stand before it'
      : `Did you mean "--${near}"?`,
  });
}

/** Returns the error for words after `--`. */
export function failure(
  what: string,
  options: { readonly hint?: string },
): ConfigError {
  return new ConfigError(`Cannot read what follows "--": ${what}`, options);
}
