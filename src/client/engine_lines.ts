import { SourceError } from "../base/errors.ts";

/** An event with all its labels has a few KB. */
const MAX_LINE = 1024 * 1024;

/**
 * Yields the lines of a stream in UTF-8 that are not empty.
 *
 * @throws {SourceError} `invalid` when a line has more than a million characters.
 */
export async function* linesOf(
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of parts) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) {
      throw new SourceError(
        "invalid",
        "Cannot read from the container engine: a line has no end",
        { hint: "Check that a container engine listens on the socket" },
      );
    }
    for (const line of lines) if (line.trim() !== "") yield line;
  }
  if (rest.trim() !== "") yield rest;
}

/**
 * Reads an answer of a container engine as JSON.
 *
 * @throws {SourceError} `invalid` when it is none.
 */
export function parseAnswer<T>(text: string, what: string): T {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SourceError(
      "invalid",
      `Cannot ${what}: the answer cannot be read`,
      { hint: "Check that a container engine listens on the socket" },
    );
  }
}
