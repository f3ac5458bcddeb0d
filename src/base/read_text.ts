import { SourceError } from "./errors.ts";

/** More than any small object or list of dewy's has, bytes. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** How {@link readText} is bounded. */
export interface ReadTextOptions {
  /** What is read, as it begins an error: `Object "s3://bucket/key"`. */
  readonly what: string;
  /** @default 1,048,576 */
  readonly maxBytes?: number;
}

/**
 * Reads a stream to its end as UTF-8 text.
 *
 * @throws {SourceError} `invalid` when it is longer than `maxBytes`; the rest is not read.
 */
export async function readText(
  stream: ReadableStream<Uint8Array>,
  { what, maxBytes = MAX_TEXT_BYTES }: ReadTextOptions,
): Promise<string> {
  const { bytes, isWhole } = await readStart(stream, maxBytes);
  if (isWhole) return new TextDecoder().decode(bytes);
  throw new SourceError(
    "invalid",
    `${what} is larger than ${maxBytes / 1024 / 1024} MiB`,
    { hint: "It is none of those that dewy reads whole; look who wrote it" },
  );
}

/** What a stream begins with. */
export interface StreamStart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether nothing follows. */
  readonly isWhole: boolean;
}

/** Returns the first `maxBytes` of a stream, and gives up the rest. */
export async function readStart(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<StreamStart> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the stream.
  for await (const part of stream) {
    const rest = maxBytes - length;
    parts.push(part.subarray(0, rest));
    length += Math.min(part.length, rest);
    if (part.length > rest) {
      return { bytes: join(parts, length), isWhole: false };
    }
  }
  return { bytes: join(parts, length), isWhole: true };
}

function join(
  parts: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
