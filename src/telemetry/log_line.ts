import { DewyError, errorMessage } from "../base/errors.ts";
import type { LogFields, LogLevel } from "./logger.ts";

/** One log line: level, constant message, named values. */
export type Line = readonly [
  level: LogLevel,
  message: string,
  fields?: LogFields,
];

/** The message of an error with those of its causes, and what to do about it. */
export function errorFields(error: Error): LogFields {
  const hint = error instanceof DewyError ? error.hint : undefined;
  return { error: withCauses(error), hint };
}

function withCauses({ message, cause }: Error): string {
  if (cause === undefined) return message;
  const why = cause instanceof Error ? withCauses(cause) : errorMessage(cause);
  // Some messages quote their cause already.
  return message.endsWith(why) ? message : `${message}: ${why}`;
}
