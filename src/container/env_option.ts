import { BadValue, type RunDraft, type RunSurroundings } from "./run_option.ts";

/** Adds `NAME=VALUE`, or `NAME` with the value it has in dewy's own environment. */
export function addEnv(draft: RunDraft, value: string): void {
  const equals = value.indexOf("=");
  const name = equals === -1 ? value : value.slice(0, equals);
  if (name === "") throw new BadValue("have a name before the value");
  draft.env.push(equals === -1 ? inherited(name, draft.surroundings) : value);
}

/** A variable that dewy does not have goes on alone, which takes the image's away. */
export function inherited(
  name: string,
  surroundings: Pick<RunSurroundings, "env">,
): string {
  const value = surroundings.env(name);
  return value === undefined ? name : `${name}=${value}`;
}
