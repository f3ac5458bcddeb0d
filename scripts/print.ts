const encoder = new TextEncoder();

/** Writes text to stdout, as it is. */
export function print(text: string): void {
  let rest = encoder.encode(text);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

/** Returns the text in bold, where the terminal shows colours. */
export function bold(text: string): string {
  return Deno.noColor || !Deno.stdout.isTerminal()
    ? text
    : `\x1b[1m${text}\x1b[0m`;
}
