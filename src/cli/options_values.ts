import { ConfigError } from "../base/errors.ts";
import { formatDuration, parseDuration } from "../base/duration.ts";
import { formatSize, parseSize } from "../base/size.ts";
import { describeUrl } from "../base/url.ts";
import type { OptionSpec } from "./options_spec.ts";

/** The text of an option and where it was written. */
export interface GivenValue {
  readonly text: string;
  /** `--interval` or `DEWY_INTERVAL`. */
  readonly source: string;
}

/** Timers count milliseconds in 31 bits; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const TRUE = new Set(["true", "1", "yes", "on"]);
const FALSE = new Set(["false", "0", "no", "off"]);

const DURATION_HINT =
  'Write seconds ("10") or a duration with units ("500ms", "10s", "1h30m")';
const SIZE_HINT = 'Write bytes ("1048576") or a size with a unit ("512MiB")';

/** @throws {ConfigError} When the text is no boolean. */
export function readFlag(option: OptionSpec, given: GivenValue): boolean {
  const word = given.text.toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw badValue(option, given, { expected: '"true" or "false"' });
}

/**
 * Reads a whole number, a duration (milliseconds) or a size (bytes).
 *
 * @throws {ConfigError} When it is none or out of range.
 */
export function readNumber(option: OptionSpec, given: GivenValue): number {
  const value = parseNumber(option, given);
  if (option.meansDefault?.(value)) {
    return parseNumber(option, { ...given, text: option.default ?? "" });
  }
  const { min, max } = limitsOf(option);
  if (min !== undefined && value < min) {
    const expected = `at least ${describeNumber(option, min)}`;
    throw badValue(option, given, { expected });
  }
  if (max !== undefined && value > max) {
    const expected = `at most ${describeNumber(option, max)}`;
    throw badValue(option, given, { expected });
  }
  return value;
}

/**
 * Reads a text, word or URL; words of a choice in lower case.
 *
 * @throws {ConfigError} When it is not what the option takes.
 */
export function readText(option: OptionSpec, given: GivenValue): string {
  if (option.choices !== undefined) {
    const word = given.text.toLowerCase();
    if (option.choices.includes(word)) return word;
    const expected = `one of ${option.choices.join(", ")}`;
    throw badValue(option, given, { expected });
  }
  // An empty text says the same as leaving the option out.
  if (given.text === "") return "";
  if (option.kind === "url" && !/^[a-z][a-z\d+.-]*:\/\/./i.test(given.text)) {
    throw badValue(option, given, { expected: '"scheme://rest"' });
  }
  const expected = option.check?.(given.text);
  if (expected !== undefined) throw badValue(option, given, { expected });
  return given.text;
}

/** Reads a value only for its errors. */
export function checkValue(option: OptionSpec, given: GivenValue): void {
  switch (option.kind) {
    case "bool":
      return void readFlag(option, given);
    case "int":
    case "duration":
    case "size":
      return void readNumber(option, given);
    default:
      return void readText(option, given);
  }
}

function parseNumber(option: OptionSpec, given: GivenValue): number {
  if (option.kind === "duration") {
    const value = parseDuration(given.text);
    if (value !== undefined) return value;
    throw badValue(option, given, {
      expected: "a duration",
      hint: DURATION_HINT,
    });
  }
  if (option.kind === "size") {
    const value = parseSize(given.text);
    if (value !== undefined) return value;
    throw badValue(option, given, { expected: "a size", hint: SIZE_HINT });
  }
  const value = /^[+-]?\d+$/.test(given.text) ? Number(given.text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw badValue(option, given, { expected: "a whole number" });
}

function limitsOf(option: OptionSpec): { min?: number; max?: number } {
  const max = option.max ??
    (option.kind === "duration" ? MAX_TIMER_MS : undefined);
  return {
    ...(option.min === undefined ? {} : { min: option.min }),
    ...(max === undefined ? {} : { max }),
  };
}

function describeNumber(option: OptionSpec, value: number): string {
  if (option.kind === "duration") return formatDuration(value);
  return option.kind === "size" ? formatSize(value) : String(value);
}

function badValue(
  option: OptionSpec,
  given: GivenValue,
  why: { readonly expected: string; readonly hint?: string },
): ConfigError {
  const shown = option.kind === "url" ? describeUrl(given.text) : given.text;
  const message = option.invalid === undefined
    ? `Cannot parse arguments: value of "${given.source}" must be ${why.expected}: current value is "${shown}"`
    : `${option.invalid}: "${shown}"`;
  return new ConfigError(
    message,
    why.hint === undefined ? {} : { hint: why.hint },
  );
}
