import { parseDuration } from "../base/duration.ts";
import { BadValue } from "./run_option.ts";

const SIZE = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i;
const POWERS = ["", "k", "m", "g", "t", "p"];
const YES = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const NO = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** Reads bytes as docker does: every unit is a power of 1024, so `1GB` is `1GiB`. */
export function bytes(value: string): number {
  const [, amount, unit = ""] = SIZE.exec(value) ?? [];
  const factor = 1024 ** POWERS.indexOf(unit.toLowerCase());
  const size = Math.trunc(Number(amount ?? NaN) * factor);
  if (Number.isSafeInteger(size)) return size;
  throw new BadValue('be a size such as "512m" or "1.5g"');
}

/** Reads a boolean in any of Go's spellings. */
export function flag(value: string): boolean {
  if (YES.has(value)) return true;
  if (NO.has(value)) return false;
  throw new BadValue('be "true" or "false"');
}

/** Reads a whole number within limits. */
export function whole(
  value: string,
  limits: { readonly min?: number; readonly max?: number } = {},
): number {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } =
    limits;
  const number = /^[+-]?(?:0|[1-9]\d*)$/.test(value) ? Number(value) : NaN;
  if (number >= min && number <= max) return number === 0 ? 0 : number;
  throw new BadValue(
    limits.max === undefined
      ? `be a whole number${
        limits.min === undefined ? "" : `, at least ${min}`
      }`
      : `be a whole number from ${min} to ${max}`,
  );
}

/** Reads a number of CPUs and returns billionths of one, without rounding. */
export function nanoCpus(value: string): number {
  const [, integer = "", fraction = ""] =
    /^(\d*)(?:\.(\d{0,9}))?$/.exec(value) ?? [];
  const nanos = Number(`${integer}${fraction.padEnd(9, "0")}`);
  if (integer + fraction !== "" && Number.isSafeInteger(nanos)) return nanos;
  throw new BadValue('be a number of CPUs such as "1.5"');
}

/** Reads a duration with a unit and returns nanoseconds. */
export function nanoseconds(value: string): number {
  const isBare = /^[+-]?\d+$/.test(value) && value !== "0";
  const ms = isBare ? undefined : parseDuration(value);
  if (ms !== undefined && ms >= 0) return Math.round(ms * 1e6);
  throw new BadValue('be a duration with a unit, such as "30s" or "1m30s"');
}

/** Returns `value` when it has the form, or says what it must be. */
export function formed(
  value: string,
  form: RegExp,
  expected: string,
): string {
  if (form.test(value)) return value;
  throw new BadValue(expected);
}

/** Splits at the first `=`; without one the value is empty. */
export function keyValue(text: string): [key: string, value: string] {
  const [key, value] = optionalPair(text);
  return [key, value ?? ""];
}

/** Splits at the first `=`, which must be there. */
export function pair(text: string): [key: string, value: string] {
  const [key, value] = optionalPair(text);
  if (value !== undefined) return [key, value];
  throw new BadValue("be written NAME=VALUE");
}

function optionalPair(text: string): [string, string | undefined] {
  const equals = text.indexOf("=");
  const key = equals === -1 ? text : text.slice(0, equals);
  if (key === "") throw new BadValue("have a name before the value");
  return [key, equals === -1 ? undefined : text.slice(equals + 1)];
}

/** Adds an entry, also one that is called `__proto__`. */
export function put<T>(
  entries: Record<string, T>,
  key: string,
  value: T,
): void {
  Object.defineProperty(entries, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Splits one record of comma-separated values (RFC 4180), as `--mount` is written. */
export function csvFields(record: string): string[] {
  const fields: string[] = [];
  let rest = record;
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|$)/.exec(rest);
    if (match === null || record === "") {
      throw new BadValue("be comma-separated, a field with a comma in quotes");
    }
    const [all, quoted, plain = "", end] = match;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "") return fields;
    rest = rest.slice(all.length);
  }
}
