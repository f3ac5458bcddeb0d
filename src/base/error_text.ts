import { errorMessage } from "./errors.ts";

/** Returns the message of an error with those of its causes, outermost first, without their hints. */
export function errorText({ message, cause }: Error): string {
  if (cause === undefined) return message;
  const why = cause instanceof Error ? errorText(cause) : errorMessage(cause);
  // Some messages quote their cause already.
  return message.endsWith(why) ? message : `${message}: ${why}`;
}
