/** A line of an event has so many characters at most. */
const MAX_LINE = 1024 * 1024;

/**
 * Yields the data of each event of a stream in the form `text/event-stream`
 * (WHATWG HTML, 9.2 Server-sent events). Names, ids and comments are left out.
 *
 * @throws {TypeError} When a line has no end.
 */
export async function* eventData(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  let data: string[] = [];
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) {
      throw new TypeError("Cannot read an event: it is longer than 1 MiB");
    }
    for (const line of lines) {
      if (line.startsWith("data:")) {
        data.push(line.slice("data:".length).replace(/^ /, ""));
      } else if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      }
    }
  }
}
