import { DewyError } from "../base/errors.ts";

/** Returns an error, what caused it and what to do about it, as lines for a person. */
export function renderError(error: unknown): string {
  const lines = [`Error: ${describe(error)}`];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined) {
    const why = describe(cause);
    // Some messages quote their cause already.
    if (!lines.at(-1)?.endsWith(why)) lines.push(`  because: ${why}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  if (error instanceof DewyError && error.hint !== undefined) {
    lines.push(`  hint: ${error.hint}`);
  }
  return `${lines.join("\n")}\n`;
}

/** An unexpected error is a defect of dewy: its stack says where. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DewyError || error.stack === undefined) {
    return error.message;
  }
  return error.cause === undefined && isDefect(error)
    ? error.stack
    : error.message;
}

function isDefect(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    error instanceof ReferenceError;
}
