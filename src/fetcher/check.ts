import { describeTag } from "../base/tag.ts";

/** Says that a value cannot be what it is taken for; the message names the field. */
export class ShapeError extends TypeError {}

/** Checks a value that came from an isolate; `field` says which it is. */
export type Check<T> = (value: unknown, field: string) => T;

const MAX_TEXT = 64 * 1024;
/** An archive may have a million entries. */
const MAX_ITEMS = 10_000_000;

/** Takes texts of up to 65,536 UTF-16 units. */
export function text(value: unknown, field: string): string {
  if (typeof value === "string" && value.length <= MAX_TEXT) return value;
  throw new ShapeError(`${field} is no text`);
}

/** Takes whole numbers from 0 on that are exact. */
export function count(value: unknown, field: string): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new ShapeError(`${field} is no count`);
}

/** Takes times that `Date` knows, Unix milliseconds. */
export function time(value: unknown, field: string): number {
  const isTime = typeof value === "number" &&
    !Number.isNaN(new Date(value).getTime());
  if (isTime) return value;
  throw new ShapeError(`${field} is no time`);
}

/** Takes `true` and `false`. */
export function flag(value: unknown, field: string): boolean {
  if (typeof value === "boolean") return value;
  throw new ShapeError(`${field} is neither true nor false`);
}

/** Takes nothing at all. */
export function nothing(value: unknown, field: string): void {
  if (value !== undefined) throw new ShapeError(`${field} is not empty`);
}

/** Takes a list of up to 10,000,000 items, each item of which `check` takes. */
export function list<T>(check: Check<T>): Check<T[]> {
  return (value, field) => {
    if (!Array.isArray(value) || value.length > MAX_ITEMS) {
      throw new ShapeError(`${field} is no list`);
    }
    return value.map((item, index) => check(item, `${field}[${index}]`));
  };
}

/** Takes what `check` takes, and `undefined`. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, field) =>
    value === undefined ? undefined : check(value, field);
}

/** Takes an object with these fields; others are dropped, and so are those that are `undefined`. */
export function record<T extends object>(
  fields: { readonly [K in keyof T]-?: Check<T[K]> },
): Check<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, field) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ShapeError(`${field} is no record`);
    }
    const given = value as Record<string, unknown>;
    const checked = names.map((name) =>
      [name, fields[name](given[name], `${field}.${name}`)] as const
    );
    return Object.fromEntries(
      checked.filter(([, item]) => item !== undefined),
    ) as T;
  };
}

/** Takes one of these texts. */
export function oneOf<T extends string>(values: readonly T[]): Check<T> {
  return (value, field) => {
    const found = values.find((known) => known === value);
    if (found === undefined) {
      throw new ShapeError(`${field} is none of ${values.join(", ")}`);
    }
    return found;
  };
}

/** Takes the texts in which `problemOf` finds nothing. */
export function sound(
  problemOf: (value: string) => string | undefined,
): Check<string> {
  return (value, field) => {
    const given = text(value, field);
    const problem = problemOf(given);
    if (problem === undefined) return given;
    throw new ShapeError(`${field} ${describeTag(given)}: ${problem}`);
  };
}
