import { ConfigError } from "./errors.ts";
import { slashedTagProblem } from "./tag.ts";

/** A CalVer format, ready for matching. */
export interface CalverFormat {
  /** As given: `YYYY.0M.0D.MICRO`. */
  readonly text: string;
  /** Matches a whole tag; its unnamed groups are the segments, left to right. */
  readonly pattern: RegExp;
}

/** What each specifier matches; where two fit at one place, the earlier one is meant. */
const SPECIFIERS: ReadonlyMap<string, string> = new Map([
  ["YYYY", "[0-9]{4}"],
  ["0Y", "[0-9]{2,3}"],
  ["YY", "[0-9]{1,3}"],
  ["0M", "0[1-9]|1[0-2]"],
  ["MM", "1[0-2]|[1-9]"],
  ["0W", "0[1-9]|[1-4][0-9]|5[0-3]"],
  ["WW", "[1-4][0-9]|5[0-3]|[1-9]"],
  ["0D", "0[1-9]|[12][0-9]|3[01]"],
  ["DD", "[12][0-9]|3[01]|[1-9]"],
  ["MICRO", "[0-9]+"],
]);

const SPECIFIER = new RegExp([...SPECIFIERS.keys()].join("|"), "g");

/**
 * Reads a CalVer format; what is no specifier stands for itself.
 *
 * @throws {ConfigError} When it holds no specifier, or no tag of that form can be used.
 */
export function parseCalverFormat(format: string): CalverFormat {
  const literals = format.split(SPECIFIER);
  const specifiers = format.match(SPECIFIER) ?? [];
  if (specifiers.length === 0) {
    throw new ConfigError(`Cannot read CalVer format "${format}"`, {
      hint: `It needs at least one of ${[...SPECIFIERS.keys()].join(", ")}`,
    });
  }
  const problem = slashedTagProblem(literals.join("1"));
  if (problem !== undefined) {
    throw new ConfigError(
      `Cannot use CalVer format "${format}": no tag like that is one, ${problem}`,
      {
        hint:
          "A tag becomes part of a file name: write it as one word, such as YYYY.0M.MICRO",
      },
    );
  }
  const core = literals.map((literal, index) => {
    const specifier = SPECIFIERS.get(specifiers[index] ?? "");
    const segment = specifier === undefined ? "" : `(${specifier})`;
    return RegExp.escape(literal) + segment;
  }).join("");
  return {
    text: format,
    pattern: new RegExp(
      `^v?${core}(?:-(?<pre>[0-9A-Za-z.-]+))?(?:\\+(?<build>[0-9A-Za-z.-]+))?$`,
    ),
  };
}
