import type { State } from "./state.ts";

type Check = (value: unknown) => boolean;

/** The latest time that a date can have, Unix milliseconds (ECMA-262, 21.4.1.1). */
const LATEST = 8_640_000_000_000_000;

const isText: Check = (value) => typeof value === "string";
const isTime: Check = (value) =>
  typeof value === "number" && Math.abs(value) <= LATEST;
const isNumber: Check = Number.isFinite;

/** What every release that is remembered has; what may be left out is not looked at. */
const NAMES = { tag: isText, key: isText } as const;
const isServed = shapeOf({ ...NAMES, path: isText, at: isTime });
const isTexts: Check = (value) =>
  typeof value === "object" && value !== null &&
  Object.values(value).every(isText);

/** What operators said has to outlast whatever else is lost. */
const WORDS = {
  pin: shapeOf({ tag: isText, at: isTime }),
  hold: shapeOf({ at: isTime, reason: optional(isText) }),
  rollback: shapeOf({
    from: isText,
    to: isText,
    also: optional(listOf(isText)),
    at: isTime,
  }),
} as const;

const isStateShape = shapeOf({
  format: (value) => value === 1,
  deployed: optional(isServed),
  previous: optional(isServed),
  deploying: optional(
    shapeOf({ ...NAMES, path: isText, startedAt: isTime }),
  ),
  failures: listOf(
    shapeOf({
      ...NAMES,
      reason: isText,
      attempts: isNumber,
      lastAt: isTime,
      retryAt: isTime,
    }),
  ),
  history: listOf(
    shapeOf({
      ...NAMES,
      at: isTime,
      outcome: isText,
      reason: isText,
      durationMs: isNumber,
    }),
  ),
  digests: isTexts,
  pin: optional(WORDS.pin),
  hold: optional(WORDS.hold),
  rollback: optional(WORDS.rollback),
  sightings: optional(listOf(shapeOf({ tag: isText, at: isTime }))),
});

/** Whether a value of a file is a state that can be worked with: a person may have had a hand in it. */
export function isState(value: unknown): value is State {
  return isStateShape(value);
}

/** Returns what operators said, out of a file that is no state, such as one of another format. */
export function wordsIn(
  value: unknown,
): Pick<State, "pin" | "hold" | "rollback"> {
  if (typeof value !== "object" || value === null) return {};
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.fromEntries(
    Object.entries(WORDS).filter(([name, isWord]) => isWord(fields.get(name)))
      .map(([name]) => [name, fields.get(name)]),
  );
}

function shapeOf(parts: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (typeof value !== "object" || value === null) return false;
    const fields = new Map<string, unknown>(Object.entries(value));
    return Object.entries(parts)
      .every(([name, check]) => check(fields.get(name)));
  };
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}
