import { nearestWord } from "../base/nearest.ts";
import { envName, OPTIONS } from "./options.ts";
import type { OptionSpec } from "./options_spec.ts";

/** A variable that looks like one of dewy's and is none. */
export interface UnknownVariable {
  readonly name: string;
  /** The one that was probably meant. */
  readonly nearest: string | undefined;
}

const PREFIX = "DEWY_";
/** Read without an option. */
const OWN = ["DEWY_CACHEDIR", "DEWY_ADMIN_TOKEN"];
/** Given to hooks, which may run dewy themselves. */
const OF_HOOKS = [
  "DEWY_VERSION",
  "DEWY_PREVIOUS_VERSION",
  "DEWY_RELEASE_DIR",
  "DEWY_ARTIFACT",
  "DEWY_COMMAND",
];

/** Returns the `DEWY_…` variables that nothing reads: they are mistyped, or of another version. */
export function unknownVariables(
  env: Readonly<Record<string, string>>,
): readonly UnknownVariable[] {
  const options: readonly OptionSpec[] = OPTIONS;
  const read = [
    ...options.filter((option) => option.env !== false).map(envName),
    ...OWN,
  ];
  // Without what all have in common, or any two short names would be near.
  const words = read.map((name) => name.slice(PREFIX.length));
  const known = new Set([...read, ...OF_HOOKS]);
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .sort()
    .map((name) => {
      const near = nearestWord(name.slice(PREFIX.length), words);
      return { name, nearest: near && PREFIX + near };
    });
}
