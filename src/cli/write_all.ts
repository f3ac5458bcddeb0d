/** Writes all of `text`; returns whether somebody reads on. */
export function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): boolean {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
    return true;
  } catch (error) {
    // Nobody reads on, as with `| head`: that is the reader's choice.
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}
