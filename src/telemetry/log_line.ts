import { errorText } from "../base/error_text.ts";
import { DewyError } from "../base/errors.ts";
import type { DeployEvent } from "../base/event.ts";
import type { LogFields, LogLevel } from "./logger.ts";

/** One log line: level, constant message, named values. */
export type Line = readonly [
  level: LogLevel,
  message: string,
  fields?: LogFields,
];

/** The log lines of each event of a topic; without one for every type it does not compile. */
export type LinesOf<E extends DeployEvent> = {
  readonly [T in E["type"]]: (
    event: Extract<E, { readonly type: T }>,
  ) => readonly Line[];
};

/** The message of an error with those of its causes, and what to do about it. */
export function errorFields(error: Error): LogFields {
  const hint = error instanceof DewyError ? error.hint : undefined;
  return { error: errorText(error), hint };
}
