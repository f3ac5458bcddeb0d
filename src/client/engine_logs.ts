/** Longer lines are cut, characters. */
const MAX_LINE = 4096;
/** Each frame begins with: output (1 byte), three zeros, length (4 bytes, big endian). */
const HEADER = 8;
const NEWLINE = 10;

/** How a container's output came. */
export interface LogsOptions {
  /** With a terminal both outputs are one, without frames. */
  readonly hasTty: boolean;
  readonly lines: number;
}

/**
 * Returns the last lines of what `GET /containers/{id}/logs` answers, in the
 * order in which they ended.
 *
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function parseLogs(answer: Uint8Array, options: LogsOptions): string[] {
  const { hasTty, lines } = options;
  const found = hasTty
    ? split([{ output: 1, bytes: answer }])
    : split(frames(answer));
  return lines === 0 ? [] : found.slice(-lines);
}

interface Frame {
  readonly output: number;
  readonly bytes: Uint8Array;
}

function* frames(answer: Uint8Array): Generator<Frame> {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  let at = 0;
  while (at + HEADER <= answer.length) {
    const length = view.getUint32(at + 4);
    const bytes = answer.subarray(at + HEADER, at + HEADER + length);
    yield { output: view.getUint8(at), bytes };
    at += HEADER + length;
  }
}

function split(parts: Iterable<Frame>): string[] {
  const lines: string[] = [];
  // A line can be longer than a frame, and the other output can come between.
  const begun = new Map<number, Uint8Array[]>();
  for (const { output, bytes } of parts) {
    const pending = begun.get(output) ?? [];
    begun.set(output, pending);
    let from = 0;
    let end = bytes.indexOf(NEWLINE);
    while (end >= 0) {
      pending.push(bytes.subarray(from, end));
      lines.push(textOf(pending.splice(0)));
      from = end + 1;
      end = bytes.indexOf(NEWLINE, from);
    }
    if (from < bytes.length) pending.push(bytes.subarray(from));
  }
  for (const pending of begun.values()) {
    if (pending.length > 0) lines.push(textOf(pending));
  }
  return lines;
}

function textOf(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  const text = parts.map((part) => decoder.decode(part, { stream: true }))
    .join("") + decoder.decode();
  const line = text.replace(/\r+$/, "");
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}
